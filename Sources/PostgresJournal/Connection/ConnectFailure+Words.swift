extension ConnectFailure {
  /// By what libpq says. A server's refusal carries its code (`FATAL:  28P01: …`), in whatever language it speaks;
  /// the rest is libpq's own English.
  init(libpq words: String) {
    if let code = ConnectFailure.code(in: words) {
      self.init(kind: .refused(code), words: words)
      return
    }
    let kinds: [(Kind, [String])] = [
      (.wrongName, ["does not match host name", "server certificate for"]),
      (.untrusted, ["root certificate file", "certificate verify failed", "certificate"]),
      (.withoutTLS, ["does not support SSL"]),
      (.noPassword, ["no password supplied"]),
      (.readOnlyServer, ["session is read-only", "server is in hot standby"]),
      (
        .unreachable,
        [
          "could not translate host name", "Connection refused", "No route to host", "Network is unreachable",
          "No such file or directory", "timed out", "server closed the connection",
        ]
      ),
    ]
    let kind = kinds.first { entry in entry.1.contains { words.contains($0) } }?.0
    self.init(kind: kind ?? .other, words: words)
  }

  /// The five characters between `FATAL:` and the message.
  private static func code(in words: String) -> String? {
    for part in words.split(separator: " ") where part.utf8.count == 6 && part.hasSuffix(":") {
      let code = part.dropLast()
      let isCode = code.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
      // A word such as FATAL has no digit; each code has one.
      if isCode, code.utf8.contains(where: { (0x30...0x39).contains($0) }) { return String(code) }
    }
    return nil
  }
}

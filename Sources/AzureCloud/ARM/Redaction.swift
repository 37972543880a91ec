/// Finds credentials in a text by their form: the query of a URL (where signatures are), values of members that are
/// named like a credential, and tokens.
enum Redaction {
  static let mark = "[hidden]"

  static func withoutCredentials(_ text: String) -> String {
    guard mayHoldOne(text) else { return text }
    let bytes = Array(text.utf8)
    var kept: [UInt8] = []
    var position = 0
    var isInURL = false
    while position < bytes.count {
      let byte = bytes[position]
      if bytes[position...].starts(with: "://".utf8) { isInURL = true }
      if endsWord(byte) { isInURL = false }
      if let start = credential(in: bytes, at: position, isInURL: isInURL) {
        kept += bytes[position..<start]
        kept += mark.utf8
        // The value of a member ends at the next one; a query is hidden whole.
        position = end(in: bytes, from: start, isWhole: isInURL && byte == UInt8(ascii: "?"))
        isInURL = false
      } else {
        kept.append(byte)
        position += 1
      }
    }
    return kept == bytes ? text : String(decoding: kept, as: UTF8.self)
  }

  /// Nearly every text has nothing of what a credential needs.
  private static func mayHoldOne(_ text: String) -> Bool {
    let bytes = text.utf8Span.span
    var previous: UInt8 = 0
    for at in bytes.indices {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): return true
      case UInt8(ascii: "y") where previous == UInt8(ascii: "e"): return true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        if previous | 0x20 == UInt8(ascii: "b") { return true }
        previous = byte
      default: previous = byte
      }
    }
    return false
  }

  static func contains(_ text: String, _ word: String) -> Bool {
    let (length, room) = (word.utf8.count, text.utf8.count - word.utf8.count)
    guard length > 0, room >= 0 else { return false }
    let text = text.utf8Span.span
    let word = word.utf8Span.span
    for start in 0...room {
      var matched = 0
      while matched < length, text[start + matched] == word[matched] { matched += 1 }
      if matched == length { return true }
    }
    return false
  }

  private static let names = [
    "sig", "signature", "sharedaccesssignature", "sharedaccesskey", "accountkey", "access_token", "refresh_token",
    "client_secret", "clientsecret", "client_assertion", "password", "pwd", "apikey", "api_key", "storageaccountkey",
  ]

  /// Where a credential begins, if what begins here introduces one.
  private static func credential(in bytes: [UInt8], at position: Int, isInURL: Bool) -> Int? {
    if isInURL, bytes[position] == UInt8(ascii: "?") {
      return end(in: bytes, from: position + 1, isWhole: true) > position + 1 ? position + 1 : nil
    }
    guard position == 0 || !isNameByte(bytes[position - 1]) else { return nil }
    let name = bytes[position...].prefix { isNameByte($0) }
    guard !name.isEmpty else { return nil }
    let word = String(decoding: name, as: UTF8.self)
    if word.hasPrefix("eyJ"), end(in: bytes, from: position, isWhole: true) - position >= 20 { return position }
    let lowercase = word.lowercased()
    if lowercase == "bearer" { return token(in: bytes, from: name.endIndex) }
    guard names.contains(lowercase) else { return nil }
    return value(in: bytes, from: name.endIndex)
  }

  /// `=value`, or `": "value"` as JSON has it, with its quotes escaped or not.
  private static func value(in bytes: [UInt8], from start: Int) -> Int? {
    var position = start
    func skip(_ skipped: String) {
      while position < bytes.count, skipped.utf8.contains(bytes[position]) { position += 1 }
    }
    skip("\\\"'")
    guard position < bytes.count, bytes[position] == UInt8(ascii: "=") || bytes[position] == UInt8(ascii: ":") else {
      return nil
    }
    // `password: ` may begin a sentence; with a quote before it, it is a member.
    guard bytes[position] == UInt8(ascii: "=") || position > start else { return nil }
    position += 1
    skip(" \\\"'")
    return position < bytes.count ? position : nil
  }

  private static func token(in bytes: [UInt8], from start: Int) -> Int? {
    guard start < bytes.count, bytes[start] == UInt8(ascii: " ") else { return nil }
    let end = end(in: bytes, from: start + 1, isWhole: true)
    return end - start > 16 ? start + 1 : nil
  }

  private static func end(in bytes: [UInt8], from start: Int, isWhole: Bool) -> Int {
    var end = start
    while end < bytes.count, !endsWord(bytes[end]), isWhole || !";&,".utf8.contains(bytes[end]) { end += 1 }
    return end
  }

  private static func endsWord(_ byte: UInt8) -> Bool { byte <= 0x20 || "\"'<>\\`".utf8.contains(byte) }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "_")
  }
}

/// A request as the simulator reads it. The target is kept byte for byte: operation URLs are compared with it.
public struct SimulatedRequest: Sendable {
  public let method: String
  public let target: String
  /// Names in lower case.
  public let headers: [String: String]
  public let body: [UInt8]
  /// Scheme and authority under which the simulator is reached.
  public let origin: String
  /// Path segments, decoded, as written.
  let segments: [String]
  let query: [String: String]
  /// The id that the path names, in lower case.
  let resource: String

  public init(method: String, target: String, headers: [String: String] = [:], body: [UInt8] = [], origin: String) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.origin = origin
    let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1)
    segments = (parts.first ?? "".utf8[...]).split(separator: UInt8(ascii: "/")).map {
      String(Substring($0)).removingPercentEncoding
    }
    query = parts.count == 2 ? SimulatedRequest.query(Substring(parts[1])) : [:]
    resource = ("/" + segments.joined(separator: "/")).lowercased()
  }

  private static func query(_ text: Substring) -> [String: String] {
    let pairs = text.utf8.split(separator: UInt8(ascii: "&")).compactMap { pair -> (String, String)? in
      let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = sides.first, !name.isEmpty else { return nil }
      let value = sides.count > 1 ? String(Substring(sides[1])).removingPercentEncoding : ""
      return (String(Substring(name)).removingPercentEncoding.lowercased(), value)
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }
}

public struct SimulatedResponse: Sendable {
  public var status: Int
  public var headers: [(String, String)]
  public var body: String
  public var contentType: String

  init(_ status: Int, _ body: JSON? = nil, headers: [(String, String)] = []) {
    self.status = status
    self.headers = headers
    self.body = body?.text ?? ""
    contentType = "application/json; charset=utf-8"
  }

  /// ARM's error envelope.
  static func error(_ status: Int, _ code: String, _ message: String?, headers: [(String, String)] = [])
    -> SimulatedResponse
  {
    var members: [(String, JSON)] = [("code", .string(code))]
    if let message { members.append(("message", .string(message))) }
    return SimulatedResponse(status, .object([("error", .object(members))]), headers: headers)
  }
}

extension String {
  /// Percent escapes in upper case, which some HTTP stacks make of them on their own; the rest is left alone.
  var withUpperCaseEscapes: String {
    var digits = 0
    return String(
      decoding: utf8.map { byte -> UInt8 in
        if byte == UInt8(ascii: "%") {
          digits = 2
        } else if digits > 0 {
          digits -= 1
          return (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) ? byte - 0x20 : byte
        }
        return byte
      }, as: UTF8.self)
  }

  var removingPercentEncoding: String {
    guard utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return self }
    var bytes: [UInt8] = []
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

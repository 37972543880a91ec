/// A request as it came in, byte for byte.
public struct ReceivedRequest: Sendable {
  /// Which connection brought it, counted from 0.
  public let connection: Int
  /// Which one on that connection, counted from 0.
  public let ordinal: Int
  /// The request line and fields, lines ended by CR LF, without the empty line.
  public let head: String
  public let body: [UInt8]

  public var requestLine: String { lines.first ?? "" }
  public var target: String {
    let words = requestLine.split(separator: " ")
    return words.count > 1 ? String(words[1]) : ""
  }

  /// The values of a field, in their order.
  public func values(_ name: String) -> [String] {
    lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else { return nil }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
  }

  private var lines: [String] {
    // A CR LF is one character to Swift.
    head.split(separator: "\r\n").map(String.init)
  }
}

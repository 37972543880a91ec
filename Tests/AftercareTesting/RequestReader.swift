/// Cuts a stream of bytes into HTTP/1.1 requests. Bodies need a length; chunks are not understood.
struct RequestReader: Sendable {
  private var pending: [UInt8] = []

  mutating func take(_ bytes: ArraySlice<UInt8>) {
    pending += bytes
  }

  /// The next whole request, or nil until more has come.
  mutating func next() -> (head: String, body: [UInt8])? {
    let end = Array("\r\n\r\n".utf8)
    guard let start = pending.indices.first(where: { pending[$0...].starts(with: end) }) else { return nil }
    let head = String(decoding: pending[..<start], as: UTF8.self)
    let length =
      head.lowercased().split(separator: "\r\n")
      .first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
    let bodyStart = start + end.count
    guard pending.count - bodyStart >= length else { return nil }
    let body = Array(pending[bodyStart..<(bodyStart + length)])
    pending.removeFirst(bodyStart + length)
    return (head, body)
  }
}

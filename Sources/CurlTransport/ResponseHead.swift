import HTTPTypes

/// The status and fields of an answer, put together line by line as libcurl hands them over.
///
/// Interim answers (1xx) are forgotten as soon as the next head begins; lines after the final head are trailers and
/// only counted.
struct ResponseHead {
  private(set) var status: HTTPResponse.Status?
  private(set) var fields = FieldLines()
  /// The final head is complete: the next bytes are body.
  private(set) var isComplete = false
  private let limit: Int
  private var bytesSeen = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Takes one line, with or without its end.
  mutating func take(_ line: UnsafeBufferPointer<UInt8>) throws(CollectionFailure) {
    bytesSeen += line.count
    guard bytesSeen <= limit else {
      throw CollectionFailure(code: .headersTooLarge, message: "the header fields are larger than permitted")
    }
    guard !isComplete else { return }
    let text = line[...].trimmed
    guard let first = line.first, !text.isEmpty else {
      isComplete = status.map { $0.kind != .informational } ?? false
      return
    }
    if text.starts(with: "HTTP/".utf8) {
      fields.removeAll()
      status = try Self.status(text)
    } else if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
      throw CollectionFailure(code: .protocolViolation, message: "a header field is folded over several lines")
    } else if text.contains(UInt8(ascii: "\n")) {
      throw CollectionFailure(code: .protocolViolation, message: "a header field has a line end in it")
    } else {
      fields.append(UnsafeBufferPointer(rebasing: text))
    }
  }

  /// `HTTP/1.1 200 OK`: three digits behind the first space, and a reason or none.
  private static func status(_ line: Slice<UnsafeBufferPointer<UInt8>>) throws(CollectionFailure) -> HTTPResponse.Status
  {
    let space = UInt8(ascii: " ")
    var rest = line.drop { $0 != space }.dropFirst()
    var code = 0
    var digits = 0
    while let digit = rest.first, digit != space {
      guard digits < 3, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw unreadableStatus }
      code = code * 10 + Int(digit - UInt8(ascii: "0"))
      digits += 1
      rest = rest.dropFirst()
    }
    guard digits == 3, code >= 100 else { throw unreadableStatus }
    return HTTPResponse.Status(code: code, reasonPhrase: String(decoding: rest.dropFirst(), as: UTF8.self))
  }

  private static let unreadableStatus = CollectionFailure(
    code: .protocolViolation, message: "the status line cannot be read")
}

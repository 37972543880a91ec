import HTTPTypes

/// The status and fields of an answer, put together line by line as libcurl hands them over.
///
/// Interim answers (1xx) are forgotten as soon as the next head begins; lines after the final head are trailers and
/// only counted.
struct ResponseHead {
  private(set) var status: HTTPResponse.Status?
  private(set) var fields = HTTPFields()
  /// The final head is complete: the next bytes are body.
  private(set) var isComplete = false
  private let limit: Int
  private let names: FieldNames
  private var bytesSeen = 0

  init(limit: Int, names: FieldNames) {
    self.limit = limit
    self.names = names
  }

  /// Takes one line, with or without its end.
  mutating func take(_ line: UnsafeBufferPointer<UInt8>) throws(CollectionFailure) {
    bytesSeen += line.count
    guard bytesSeen <= limit else {
      throw CollectionFailure(code: .headersTooLarge, message: "the header fields are larger than permitted")
    }
    guard !isComplete else { return }
    let text = Self.trimmed(line)
    guard let first = line.first, !text.isEmpty else {
      isComplete = status.map { $0.kind != .informational } ?? false
      return
    }
    if text.starts(with: "HTTP/".utf8) {
      fields = HTTPFields()
      status = try Self.status(text)
    } else if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
      throw CollectionFailure(code: .protocolViolation, message: "a header field is folded over several lines")
    } else if let field = Self.field(text, names) {
      fields.append(field)
    }
  }

  private static func status(_ line: Slice<UnsafeBufferPointer<UInt8>>) throws(CollectionFailure) -> HTTPResponse.Status
  {
    let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[1].count == 3, let code = Int(String(decoding: words[1], as: UTF8.self)),
      (100...999).contains(code)
    else {
      throw CollectionFailure(code: .protocolViolation, message: "the status line cannot be read")
    }
    let reason = words.count == 3 ? String(decoding: words[2], as: UTF8.self) : ""
    return HTTPResponse.Status(code: code, reasonPhrase: reason)
  }

  /// The field of a line, or nil if its name is no HTTP token: such a line is left out rather than fatal, since some
  /// middlebox will write one some day.
  private static func field(_ line: Slice<UnsafeBufferPointer<UInt8>>, _ names: FieldNames) -> HTTPField? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let name = names.name(line[..<colon]) else { return nil }
    return HTTPField(name: name, value: trimmed(UnsafeBufferPointer(rebasing: line[line.index(after: colon)...])))
  }

  /// Without the white space and line end on either side.
  private static func trimmed(_ line: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    var text = line.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }
}

import Glibc
import HTTPTypes

/// The fields of an answer as they came, looked at when somebody asks: of the dozen that a service sends three are ever
/// asked for, and to make all of them cost a twentieth of a look.
struct FieldLines: Sendable {
  /// Lines without their ends, a line feed behind each.
  private var bytes: [UInt8] = []

  private static let end = UInt8(ascii: "\n")

  init() {}

  init(_ fields: HTTPFields) {
    for field in fields {
      bytes += field.name.rawName.utf8
      bytes.append(UInt8(ascii: ":"))
      field.withUnsafeBytesOfValue { bytes.append(contentsOf: $0) }
      bytes.append(Self.end)
    }
  }

  /// - Parameter line: has no line feed.
  mutating func append(_ line: UnsafeBufferPointer<UInt8>) {
    if bytes.isEmpty { bytes.reserveCapacity(1024) }
    bytes.append(contentsOf: line)
    bytes.append(Self.end)
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// All of them. Lines whose name is no HTTP token are left out rather than fatal, since some middlebox will write one
  /// some day.
  var fields: HTTPFields {
    var fields = HTTPFields()
    for line in bytes.split(separator: Self.end) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
      else { continue }
      fields.append(HTTPField(name: name, value: line[(colon + 1)...].trimmed))
    }
    return fields
  }

  /// The value of a field, or those of several of one name with commas between them.
  func value(of name: HTTPField.Name) -> String? {
    var canonicalName = name.canonicalName
    return bytes.withUnsafeBufferPointer { bytes in
      canonicalName.withUTF8 { wanted in
        var found: String?
        var start = 0
        while let line = Self.line(of: bytes, from: start) {
          start = line.endIndex + 1
          guard let value = Self.value(of: wanted, in: line) else { continue }
          let text = HTTPField(name: name, value: UnsafeBufferPointer(rebasing: value)).value
          found = found.map { $0 + ", " + text } ?? text
        }
        return found
      }
    }
  }

  private static func line(
    of bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Slice<UnsafeBufferPointer<UInt8>>? {
    guard start < bytes.count, let base = bytes.baseAddress,
      let end = memchr(base + start, Int32(Self.end), bytes.count - start)
    else { return nil }
    return bytes[start..<(UnsafeRawPointer(base).distance(to: end))]
  }

  private static func value(
    of wanted: UnsafeBufferPointer<UInt8>, in line: Slice<UnsafeBufferPointer<UInt8>>
  ) -> Slice<UnsafeBufferPointer<UInt8>>? {
    let colon = line.startIndex + wanted.count
    guard colon < line.endIndex, line[colon] == UInt8(ascii: ":") else { return nil }
    for at in wanted.indices {
      let byte = line[line.startIndex + at]
      guard byte == wanted[at] || (0x41...0x5A).contains(byte) && byte | 0x20 == wanted[at] else { return nil }
    }
    return line[(colon + 1)...].trimmed
  }
}

extension BidirectionalCollection<UInt8> where SubSequence == Self {
  /// Without the white space and line end on either side.
  var trimmed: Self {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    var text = drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }
}

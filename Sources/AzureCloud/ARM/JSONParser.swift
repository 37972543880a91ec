package import RecoveryCore

/// Reads JSON (RFC 8259) into a tree, in one pass over the bytes and with bounded depth.
///
/// `JSONDecoder` can make the same tree only by trying each type in turn, and each try that fails costs an error with
/// its coding path: most of the time of a sweep went there. What the two accept is compared in the tests.
package struct JSONParser {
  package struct Failure: Error, Hashable, CustomStringConvertible {
    /// In bytes from the start.
    var offset: Int
    var message: String
    package var description: String { "\(message) at byte \(offset)" }
  }

  /// Nobody means a document that is nested deeper than that; the stack is ours.
  static let mostDepth = 128
  /// A page of 16 MB has some 200,000 values. Many more are there to fill our memory.
  static let mostValues = 300_000

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var values = 0

  package static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    var parser = JSONParser(bytes)
    return try parser.document()
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func document() throws(Failure) -> JSONValue {
    // Some of Azure's older front ends begin with a byte order mark.
    guard bytes.count / 2 <= JSONParser.mostValues || commas() < JSONParser.mostValues else {
      throw failure("more than \(JSONParser.mostValues) values")
    }
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("more follows after the document") }
    return value
  }

  /// Commas between values. A document of too many is refused before any memory is spent on the first of them.
  private func commas() -> Int {
    var count = 0
    var isText = false
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\"), isText {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isText.toggle()
      } else if byte == UInt8(ascii: ","), !isText {
        count += 1
      }
    }
    return count
  }

  private func failure(_ message: String) -> Failure { Failure(offset: position, message: message) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(Failure) -> JSONValue {
    skipSpace()
    values += 1
    guard values <= JSONParser.mostValues else { throw failure("more than \(JSONParser.mostValues) values") }
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("the document ends too early")
    case let byte?:
      guard byte == UInt8(ascii: "-") || byte.isDigit else { throw failure("no value begins here") }
      return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
    let isThere = word.description.utf8.elementsEqual(
      (position..<min(position + word.utf8CodeUnitCount, bytes.count)).map { bytes[$0] })
    guard isThere else { throw failure("no value begins here") }
    position += word.utf8CodeUnitCount
    return value
  }

  // MARK: - Containers

  private mutating func descend() throws(Failure) {
    position += 1
    depth += 1
    guard depth <= JSONParser.mostDepth else { throw failure("nested deeper than \(JSONParser.mostDepth) levels") }
    skipSpace()
  }

  /// Whether another element follows; consumes the comma or the closing bracket.
  private mutating func goesOn(to close: UInt8) throws(Failure) -> Bool {
    skipSpace()
    guard let byte = next, byte == close || byte == UInt8(ascii: ",") else {
      throw failure("a comma or the end of the list is missing")
    }
    position += 1
    if byte == close { depth -= 1 }
    return byte != close
  }

  private mutating func array() throws(Failure) -> JSONValue {
    try descend()
    if next == UInt8(ascii: "]") {
      position += 1
      depth -= 1
      return .array([])
    }
    var elements: [JSONValue] = []
    repeat { elements.append(try value()) } while try goesOn(to: UInt8(ascii: "]"))
    return .array(elements)
  }

  private mutating func object() throws(Failure) -> JSONValue {
    try descend()
    if next == UInt8(ascii: "}") {
      position += 1
      depth -= 1
      return .object([:])
    }
    var members: [String: JSONValue] = [:]
    members.reserveCapacity(8)
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("a member's name is missing") }
      let name = try string()
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw failure("a colon is missing") }
      position += 1
      let value = try value()
      // Of two members of one name the first counts, as it does for Foundation.
      if members[name] == nil { members[name] = value }
    } while try goesOn(to: UInt8(ascii: "}"))
    return .object(members)
  }

  // MARK: - Strings

  private mutating func string() throws(Failure) -> String {
    position += 1
    var text = ""
    while true {
      let start = position
      let end = plainEnd()
      let part = try utf8(start..<end)
      position = end
      switch next {
      case nil: throw failure("a string does not end")
      case UInt8(ascii: "\""):
        position += 1
        return text.isEmpty ? part : text + part
      case UInt8(ascii: "\\"):
        text += part
        text.unicodeScalars.append(try escape())
      default: throw failure("a control character stands in a string")
      }
    }
  }

  /// Where what can be copied as it is ends.
  private func plainEnd() -> Int {
    var end = position
    while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20 {
      end += 1
    }
    return end
  }

  private func utf8(_ range: Range<Int>) throws(Failure) -> String {
    guard let text = try? UTF8Span(validating: bytes.span.extracting(range)) else {
      throw failure("a string is not UTF-8")
    }
    return String(copying: text)
  }

  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    position += 1
    guard let byte = next else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try codeUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // The first half of a pair: the second must follow.
      guard unit < 0xDC00, next == UInt8(ascii: "\\") else { throw failure("half a surrogate pair") }
      position += 1
      guard next == UInt8(ascii: "u") else { throw failure("half a surrogate pair") }
      position += 1
      let low = try codeUnit()
      guard (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (UInt32(unit - 0xD800) << 10) + UInt32(low - 0xDC00))
      else { throw failure("half a surrogate pair") }
      return scalar
    default: throw failure("an unknown escape")
    }
  }

  private mutating func codeUnit() throws(Failure) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("an escape wants four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  // MARK: - Numbers

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let firstDigit = next
    let integral = try digits()
    guard integral == 1 || firstDigit != UInt8(ascii: "0") else { throw failure("a number begins with 0") }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      _ = try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      _ = try digits()
    }
    var text = ""
    for index in start..<position { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw failure("a number is out of range") }
    // `1.0` and `1` are one number to whoever writes it down and reads it again.
    if let integer = Int64(exactly: value) { return .integer(integer) }
    return .number(value)
  }

  private mutating func digits() throws(Failure) -> Int {
    let start = position
    while next?.isDigit ?? false { position += 1 }
    guard position > start else { throw failure("a digit is missing") }
    return position - start
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

extension JSONValue {
  /// The document that the bytes are; nil when they are none.
  init?(parsing bytes: some Sequence<UInt8>) {
    guard let value = try? JSONParser.parse(Array(bytes)) else { return nil }
    self = value
  }
}

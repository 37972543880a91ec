import RecoveryCore

/// Checks JSON (RFC 8259) in one pass over the bytes and with bounded depth, and notes where each value lies.
///
/// Nothing is made of a value before somebody asks for it: of an item of 5 KB a sweep wants twenty words, and making a
/// tree of all the others was most of its cost (docs/performance.md). What this takes and what Foundation's `JSONDecoder`
/// takes is compared in the tests.
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
  private var nodes: [JSONDocument.Node] = []
  private var position = 0
  private var depth = 0
  private var values = 0

  /// The nodes of the document, each before those inside of it.
  static func nodes(of bytes: [UInt8]) throws(Failure) -> [JSONDocument.Node] {
    var parser = JSONParser(bytes)
    try parser.document()
    return parser.nodes
  }

  private init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  private mutating func document() throws(Failure) {
    guard bytes.count < Int(UInt32.max) else { throw failure("the document is too large") }
    // A value of Azure's takes some twelve bytes, the names of members counted as well.
    nodes.reserveCapacity(min(bytes.count / 10, 2 * JSONParser.mostValues))
    // Some of Azure's older front ends begin with a byte order mark.
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    try value()
    skipSpace()
    guard position == bytes.count else { throw failure("more follows after the document") }
  }

  private func failure(_ message: String) -> Failure { Failure(offset: position, message: message) }

  @inline(__always) private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Services write no space: that there is none is seen without a call.
  @inline(__always) private mutating func skipSpace() {
    if position < bytes.count, bytes[position] <= 0x20 { skipMoreSpace() }
  }

  private mutating func skipMoreSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func value() throws(Failure) {
    skipSpace()
    values += 1
    guard values <= JSONParser.mostValues else { throw failure("more than \(JSONParser.mostValues) values") }
    switch next {
    case UInt8(ascii: "{"): try object()
    case UInt8(ascii: "["): try array()
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .true)
    case UInt8(ascii: "f"): try word("false", .false)
    case UInt8(ascii: "n"): try word("null", .null)
    case nil: throw failure("the document ends too early")
    case let byte?:
      guard byte == UInt8(ascii: "-") || byte.isDigit else { throw failure("no value begins here") }
      try number()
    }
  }

  /// Notes a value that has nothing inside of it.
  @inline(__always) private mutating func note(
    _ kind: JSONDocument.Node.Kind, from start: Int, to end: Int, isPlain: Bool = true
  ) {
    nodes.append(
      JSONDocument.Node(
        start: UInt32(start), end: UInt32(end), next: UInt32(nodes.count + 1), kind: kind, isPlain: isPlain))
  }

  private mutating func word(_ word: String, _ kind: JSONDocument.Node.Kind) throws(Failure) {
    let end = position + word.utf8.count
    guard end <= bytes.count, word.utf8.elementsEqual(bytes[position..<end]) else {
      throw failure("no value begins here")
    }
    note(kind, from: position, to: end)
    position = end
  }

  // MARK: - Containers

  /// Begins a container, and says where its node is.
  private mutating func descend(into kind: JSONDocument.Node.Kind) throws(Failure) -> Int {
    note(kind, from: position, to: position)
    position += 1
    depth += 1
    guard depth <= JSONParser.mostDepth else { throw failure("nested deeper than \(JSONParser.mostDepth) levels") }
    skipSpace()
    return nodes.count - 1
  }

  private mutating func ascend(from container: Int) {
    depth -= 1
    nodes[container].end = UInt32(position)
    nodes[container].next = UInt32(nodes.count)
  }

  /// Whether another element follows; consumes the comma or the closing bracket.
  private mutating func goesOn(to close: UInt8) throws(Failure) -> Bool {
    skipSpace()
    guard let byte = next, byte == close || byte == UInt8(ascii: ",") else {
      throw failure("a comma or the end of the list is missing")
    }
    position += 1
    return byte != close
  }

  private mutating func array() throws(Failure) {
    let container = try descend(into: .array)
    if next == UInt8(ascii: "]") {
      position += 1
    } else {
      repeat { try value() } while try goesOn(to: UInt8(ascii: "]"))
    }
    ascend(from: container)
  }

  private mutating func object() throws(Failure) {
    let container = try descend(into: .object)
    if next == UInt8(ascii: "}") {
      position += 1
    } else {
      repeat {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw failure("a member's name is missing") }
        try string()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw failure("a colon is missing") }
        position += 1
        try value()
      } while try goesOn(to: UInt8(ascii: "}"))
    }
    ascend(from: container)
  }

  // MARK: - Strings

  private mutating func string() throws(Failure) {
    position += 1
    let start = position
    try skipPlain()
    guard next == UInt8(ascii: "\"") else { return try unusualString(from: start) }
    note(.string, from: start, to: position)
    position += 1
  }

  /// What has an escape, or is none.
  private mutating func unusualString(from start: Int) throws(Failure) {
    while next != UInt8(ascii: "\"") {
      switch next {
      case nil: throw failure("a string does not end")
      case UInt8(ascii: "\\"): _ = try escape()
      default: throw failure("a control character stands in a string")
      }
      try skipPlain()
    }
    note(.string, from: start, to: position, isPlain: false)
    position += 1
  }

  /// To the end of what can be copied as it is.
  private mutating func skipPlain() throws(Failure) {
    let run = JSONParser.plainRun(of: bytes, from: position)
    guard run.isASCII || (try? UTF8Span(validating: bytes.span.extracting(position..<run.end))) != nil else {
      throw failure("a string is not UTF-8")
    }
    position = run.end
  }

  /// Eight bytes at a time.
  private static func plainRun(of bytes: [UInt8], from start: Int) -> (end: Int, isASCII: Bool) {
    let raw = unsafe bytes.span.bytes
    var end = start
    var seen: UInt64 = 0
    while end + 8 <= raw.byteCount {
      let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: end, as: UInt64.self))
      let marks = ends(in: word)
      guard marks == 0 else {
        let plain = marks.trailingZeroBitCount & ~7
        seen |= word & (1 << plain &- 1)
        return (end + plain / 8, seen & each(0x80) == 0)
      }
      seen |= word
      end += 8
    }
    while end < raw.byteCount, ends(in: UInt64(bytes[end]) | each(0x7F) << 8) == 0 {
      seen |= UInt64(bytes[end])
      end += 1
    }
    return (end, seen & each(0x80) == 0)
  }

  /// Marks the top bit of the lowest of eight bytes that is a quotation mark, a backslash or a control character; what is
  /// marked above it may be none.
  private static func ends(in word: UInt64) -> UInt64 {
    let quotes = word ^ each(UInt8(ascii: "\""))
    let slashes = word ^ each(UInt8(ascii: "\\"))
    return ((quotes &- each(1)) & ~quotes | (slashes &- each(1)) & ~slashes | (word &- each(0x20)) & ~word) & each(0x80)
  }

  private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// The text of a string that was found to be one; `range` is what stands between its quotes.
  @usableFromInline static func text(of bytes: [UInt8], _ range: Range<Int>) -> String {
    var parser = JSONParser(bytes, at: range.lowerBound)
    var text = ""
    while parser.position < range.upperBound {
      let start = parser.position
      guard (try? parser.skipPlain()) != nil else { break }
      text += String(decoding: bytes[start..<parser.position], as: UTF8.self)
      guard parser.position < range.upperBound, let scalar = try? parser.escape() else { break }
      text.unicodeScalars.append(scalar)
    }
    return text
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

  private mutating func number() throws(Failure) {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let firstDigit = next
    let integral = try digits()
    guard integral == 1 || firstDigit != UInt8(ascii: "0") else { throw failure("a number begins with 0") }
    if next == UInt8(ascii: ".") {
      position += 1
      _ = try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      _ = try digits()
    }
    guard JSONParser.number(of: bytes, start..<position) != nil else { throw failure("a number is out of range") }
    note(.number, from: start, to: position)
  }

  /// Nil when it is too large for anything.
  static func number(of bytes: [UInt8], _ range: Range<Int>) -> JSONValue? {
    if let value = smallInteger(bytes, range) { return .integer(value) }
    let text = String(decoding: bytes[range], as: UTF8.self)
    if let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { return nil }
    // `1.0` and `1` are one number to whoever writes it down and reads it again.
    return Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  /// What nearly all are: up to eighteen digits and nothing else, which cannot overflow.
  private static func smallInteger(_ bytes: [UInt8], _ range: Range<Int>) -> Int64? {
    guard range.count <= 18 else { return nil }
    var value: Int64 = 0
    for at in range {
      guard bytes[at].isDigit else { return nil }
      value = value * 10 + Int64(bytes[at] - UInt8(ascii: "0"))
    }
    return value
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

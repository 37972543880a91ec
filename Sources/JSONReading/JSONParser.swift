import RecoveryCore

/// Checks JSON (RFC 8259) in one pass over the bytes and with bounded depth, and notes where each value lies.
///
/// Nothing is made of a value before somebody asks for it: of an item of 5 KB a sweep wants twenty words, and making a
/// tree of all the others was most of its cost (docs/performance.md). What this takes and what Foundation's `JSONDecoder`
/// takes is compared in the tests.
package enum JSONParser {
  package struct Failure: Error, Hashable, CustomStringConvertible {
    /// In bytes from the start.
    var offset: Int
    var message: String
    package var description: String { "\(message) at byte \(offset)" }

    /// Nothing is wrong with the document but that its values are shorter than most.
    fileprivate static let noRoom = Failure(offset: 0, message: "more values than there is room for")
  }

  /// Nobody means a document that is nested deeper than that; the stack is ours.
  static let mostDepth = 128
  /// A page of 16 MB has some 200,000 values. Many more are there to fill our memory.
  static let mostValues = 300_000

  /// What is noted goes into room that is there: an array would look at each value whether it is its only owner.
  private typealias Nodes = OutputSpan<JSONDocument.Node>

  /// The nodes of the document, each before those inside of it.
  static func nodes(of bytes: [UInt8]) throws(Failure) -> [JSONDocument.Node] {
    // The shortest value takes two bytes, its comma counted as well, while it is not known whether it ever ends.
    let most = min(bytes.count / 2 + mostDepth, 2 * mostValues) + 2
    do throws(Failure) {
      // A value of Azure's takes nine bytes or more, the names of members counted as well.
      return try nodes(of: bytes, room: min(bytes.count / 8 + 2, most))
    } catch {
      guard error == .noRoom else { throw error }
      return try nodes(of: bytes, room: most)
    }
  }

  private static func nodes(of bytes: [UInt8], room: Int) throws(Failure) -> [JSONDocument.Node] {
    try Array(capacity: room) { (nodes: inout Nodes) throws(Failure) in try document(bytes.span, &nodes) }
  }

  /// One loop without recursion: where it is and how deep stays in registers, and the stack is out of it.
  private static func document(_ bytes: Span<UInt8>, _ nodes: inout Nodes) throws(Failure) {
    guard bytes.count < Int(UInt32.max) else { throw Failure(offset: 0, message: "the document is too large") }
    // Some of Azure's older front ends begin with a byte order mark.
    let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
    var at = hasMark ? 3 : 0
    var values = 0
    var containers = Containers()
    value: while true {
      at = pastSpace(bytes, at)
      values += 1
      guard values <= mostValues else {
        throw Failure(offset: at, message: "more than \(mostValues) values")
      }
      guard at < bytes.count else { throw Failure(offset: at, message: "the document ends too early") }
      switch bytes[at] {
      case UInt8(ascii: "\""): at = try string(bytes, at, &nodes)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        try open(&containers, &nodes, bytes[at] == UInt8(ascii: "{") ? .object : .array, at)
        at = pastSpace(bytes, at + 1)
        if at < bytes.count, bytes[at] == containers.closing {
          at += 1
          close(&containers, &nodes, at)
        } else {
          if containers.isObject { at = try name(bytes, at, &nodes) }
          continue value
        }
      case UInt8(ascii: "t"): at = try word(bytes, at, "true", .true, &nodes)
      case UInt8(ascii: "f"): at = try word(bytes, at, "false", .false, &nodes)
      case UInt8(ascii: "n"): at = try word(bytes, at, "null", .null, &nodes)
      case let byte:
        guard byte == UInt8(ascii: "-") || byte.isDigit else {
          throw Failure(offset: at, message: "no value begins here")
        }
        at = try number(bytes, at, &nodes)
      }
      // A value is over: what is around it goes on, or is over as well.
      while containers.depth > 0 {
        at = pastSpace(bytes, at)
        let byte = at < bytes.count ? bytes[at] : 0
        if byte == UInt8(ascii: ",") {
          at += 1
          if containers.isObject { at = try name(bytes, pastSpace(bytes, at), &nodes) }
          continue value
        }
        guard byte == containers.closing else {
          throw Failure(offset: at, message: "a comma or the end of the list is missing")
        }
        at += 1
        close(&containers, &nodes, at)
      }
      break
    }
    at = pastSpace(bytes, at)
    guard at == bytes.count else { throw Failure(offset: at, message: "more follows after the document") }
  }

  /// Services write no space: that there is none is seen without a call.
  @inline(__always) private static func pastSpace(_ bytes: Span<UInt8>, _ at: Int) -> Int {
    at < bytes.count && bytes[at] <= 0x20 ? pastMoreSpace(bytes, at) : at
  }

  @inline(never) private static func pastMoreSpace(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var at = start
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
    return at
  }

  /// Notes a value that has nothing inside of it.
  @inline(__always) private static func note(
    _ kind: JSONDocument.Node.Kind, from start: Int, to end: Int, isPlain: Bool = true, _ nodes: inout Nodes
  ) throws(Failure) {
    guard !nodes.isFull else { throw .noRoom }
    nodes.append(
      JSONDocument.Node(
        start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
        next: UInt32(truncatingIfNeeded: nodes.count + 1), kind: kind, isPlain: isPlain))
  }

  private static func word(
    _ bytes: Span<UInt8>, _ start: Int, _ word: StaticString, _ kind: JSONDocument.Node.Kind,
    _ nodes: inout Nodes
  ) throws(Failure) -> Int {
    let end = start + word.utf8CodeUnitCount
    guard end <= bytes.count else { throw Failure(offset: start, message: "no value begins here") }
    for at in start..<end where unsafe bytes[at] != word.utf8Start[at - start] {
      throw Failure(offset: start, message: "no value begins here")
    }
    try note(kind, from: start, to: end, &nodes)
    return end
  }

  // MARK: - Containers

  /// The containers that are open. Each node of one holds in its `end` where the one around it stands, until it has one.
  private struct Containers {
    var depth = 0
    /// The innermost one.
    var node = 0
    /// What ends it.
    var closing: UInt8 = 0
    var isObject: Bool { closing == UInt8(ascii: "}") }
  }

  @inline(__always) private static func open(
    _ containers: inout Containers, _ nodes: inout Nodes, _ kind: JSONDocument.Node.Kind, _ at: Int
  ) throws(Failure) {
    containers.depth += 1
    guard containers.depth <= mostDepth else {
      throw Failure(offset: at, message: "nested deeper than \(mostDepth) levels")
    }
    try note(kind, from: at, to: containers.node, &nodes)
    containers.node = nodes.count - 1
    containers.closing = kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
  }

  @inline(__always) private static func close(
    _ containers: inout Containers, _ nodes: inout Nodes, _ end: Int
  ) {
    let around = Int(nodes[containers.node].end)
    nodes[containers.node].end = UInt32(truncatingIfNeeded: end)
    nodes[containers.node].next = UInt32(truncatingIfNeeded: nodes.count)
    containers.depth -= 1
    containers.node = around
    containers.closing = nodes[around].kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
  }

  /// A member's name and the colon behind it.
  @inline(__always) private static func name(
    _ bytes: Span<UInt8>, _ start: Int, _ nodes: inout Nodes
  ) throws(Failure) -> Int {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else {
      throw Failure(offset: start, message: "a member's name is missing")
    }
    let at = pastSpace(bytes, try string(bytes, start, &nodes))
    guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else {
      throw Failure(offset: at, message: "a colon is missing")
    }
    return at + 1
  }

  // MARK: - Strings

  @inline(__always) private static func string(
    _ bytes: Span<UInt8>, _ quote: Int, _ nodes: inout Nodes
  ) throws(Failure) -> Int {
    let run = plainRun(of: bytes, from: quote + 1)
    guard run.isASCII, run.end < bytes.count, bytes[run.end] == UInt8(ascii: "\"") else {
      return try unusualString(bytes, from: quote + 1, &nodes)
    }
    try note(.string, from: quote + 1, to: run.end, &nodes)
    return run.end + 1
  }

  /// What is not ASCII, has an escape, or is none.
  @inline(never) private static func unusualString(
    _ bytes: Span<UInt8>, from start: Int, _ nodes: inout Nodes
  ) throws(Failure) -> Int {
    var at = start
    var isPlain = true
    while true {
      at = try pastPlain(bytes, at)
      guard at < bytes.count else { throw Failure(offset: at, message: "a string does not end") }
      switch bytes[at] {
      case UInt8(ascii: "\""):
        try note(.string, from: start, to: at, isPlain: isPlain, &nodes)
        return at + 1
      case UInt8(ascii: "\\"):
        isPlain = false
        _ = try escape(bytes, &at)
      default: throw Failure(offset: at, message: "a control character stands in a string")
      }
    }
  }

  /// To the end of what can be copied as it is.
  private static func pastPlain(_ bytes: Span<UInt8>, _ start: Int) throws(Failure) -> Int {
    let run = plainRun(of: bytes, from: start)
    guard run.isASCII || (try? UTF8Span(validating: bytes.extracting(start..<run.end))) != nil else {
      throw Failure(offset: start, message: "a string is not UTF-8")
    }
    return run.end
  }

  /// Eight bytes at a time.
  @inline(__always) private static func plainRun(of bytes: Span<UInt8>, from start: Int) -> (end: Int, isASCII: Bool) {
    let raw = unsafe bytes.bytes
    var end = start
    var seen: UInt64 = 0
    while end + 8 <= raw.byteCount {
      let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: end, as: UInt64.self))
      let marks = ends(in: word)
      guard marks == 0 else {
        let plain = marks.trailingZeroBitCount & ~7
        seen |= word & (1 &<< plain &- 1)
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
  @inline(__always) private static func ends(in word: UInt64) -> UInt64 {
    let slashes = word ^ each(UInt8(ascii: "\\"))
    // The second bit turned over, a quotation mark comes to stand right behind the control characters.
    let others = word ^ each(0x02)
    return ((slashes &- each(1)) & ~slashes | (others &- each(0x21)) & ~others) & each(0x80)
  }

  @inline(__always) private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// The text of a string that was found to be one; `range` is what stands between its quotes.
  static func text(of bytes: [UInt8], _ range: Range<Int>) -> String {
    var text = ""
    var at = range.lowerBound
    while at < range.upperBound {
      guard let end = try? pastPlain(bytes.span, at) else { break }
      text += String(decoding: bytes[at..<end], as: UTF8.self)
      at = end
      guard at < range.upperBound, let scalar = try? escape(bytes.span, &at) else { break }
      text.unicodeScalars.append(scalar)
    }
    return text
  }

  /// From the backslash on.
  private static func escape(_ bytes: Span<UInt8>, _ at: inout Int) throws(Failure) -> Unicode.Scalar {
    at += 1
    guard at < bytes.count else { throw Failure(offset: at, message: "a string does not end") }
    let byte = bytes[at]
    at += 1
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
      let unit = try codeUnit(bytes, &at)
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // The first half of a pair: the second must follow.
      guard unit < 0xDC00, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u")
      else { throw Failure(offset: at, message: "half a surrogate pair") }
      at += 2
      let low = try codeUnit(bytes, &at)
      guard (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (UInt32(unit - 0xD800) << 10) + UInt32(low - 0xDC00))
      else { throw Failure(offset: at, message: "half a surrogate pair") }
      return scalar
    default: throw Failure(offset: at, message: "an unknown escape")
    }
  }

  private static func codeUnit(_ bytes: Span<UInt8>, _ at: inout Int) throws(Failure) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard at < bytes.count, let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else {
        throw Failure(offset: at, message: "an escape wants four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      at += 1
    }
    return unit
  }

  // MARK: - Numbers

  private static func number(
    _ bytes: Span<UInt8>, _ start: Int, _ nodes: inout Nodes
  ) throws(Failure) -> Int {
    var at = start
    if bytes[at] == UInt8(ascii: "-") { at += 1 }
    let first = at
    try skipDigits(bytes, &at)
    guard at == first + 1 || bytes[first] != UInt8(ascii: "0") else {
      throw Failure(offset: at, message: "a number begins with 0")
    }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      try skipDigits(bytes, &at)
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      try skipDigits(bytes, &at)
    }
    guard number(of: bytes.extracting(start..<at)) != nil else {
      throw Failure(offset: at, message: "a number is out of range")
    }
    try note(.number, from: start, to: at, &nodes)
    return at
  }

  private static func skipDigits(_ bytes: Span<UInt8>, _ at: inout Int) throws(Failure) {
    let start = at
    while at < bytes.count, bytes[at].isDigit { at += 1 }
    guard at > start else { throw Failure(offset: at, message: "a digit is missing") }
  }

  /// Nil when it is too large for anything.
  static func number(of bytes: Span<UInt8>) -> JSONValue? {
    if let value = smallInteger(bytes) { return .integer(value) }
    guard let span = try? UTF8Span(validating: bytes) else { return nil }
    let text = String(copying: span)
    if let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { return nil }
    // `1.0` and `1` are one number to whoever writes it down and reads it again.
    return Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  /// What nearly all are: up to eighteen digits and nothing else, which cannot overflow.
  private static func smallInteger(_ bytes: Span<UInt8>) -> Int64? {
    guard bytes.count <= 18 else { return nil }
    var value: Int64 = 0
    for at in bytes.indices {
      guard bytes[at].isDigit else { return nil }
      value = value &* 10 &+ Int64(bytes[at] &- UInt8(ascii: "0"))
    }
    return value
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

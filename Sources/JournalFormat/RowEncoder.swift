/// Writes a value as `JSONEncoder` does with sorted keys and plain slashes, but straight into the bytes: a heal's commits
/// are mostly JSON, and Foundation's encoder first makes a tree of it.
///
/// What a container was given stands in the buffer already when it ends; its members are put in order then. So one
/// container is written at a time, the innermost: whoever goes on with another one, or names a member twice, gets an error
/// and no text, which the code that Swift writes for `Encodable` never does.
package enum RowEncoder {
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let text = RowText()
    try text.add(value)
    guard text.isWhole else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: [], debugDescription: "its members are written out of turn, or twice"))
    }
    return text.bytes
  }
}

/// The text as far as it is written, and the containers that are open in it.
private final class RowText {
  private struct Member {
    /// Where its name begins, with its quotation mark; where the name ends; and where its value does.
    var start: Int
    var nameEnd: Int
    var end = 0
    /// The first eight bytes of its name: most names differ in these.
    var prefix: UInt64
  }

  private struct Container {
    var isObject: Bool
    var start: Int
    /// How many members there were of the containers around it.
    var base: Int
    var count = 0
    /// No other one has it, so that an ended container is not taken for another in its place.
    var number: Int
  }

  private(set) var bytes: [UInt8] = []
  private var members: [Member] = []
  private var open: [Container] = []
  private var opened = 0
  private var isMisused = false

  init() { bytes.reserveCapacity(4096) }

  var isWhole: Bool { !bytes.isEmpty && open.isEmpty && !isMisused }
  var depth: Int { open.count }

  // MARK: - Values

  func add<Value: Encodable>(_ value: Value) throws {
    let depth = open.count
    try value.encode(to: RowValue(text: self, depth: depth))
    close(to: depth)
  }

  func addNull() { bytes += "null".utf8 }
  func add(_ value: Bool) { bytes += value ? "true".utf8 : "false".utf8 }
  func add(_ value: some FixedWidthInteger & Encodable) { bytes += String(value).utf8 }

  func add(_ value: some BinaryFloatingPoint & LosslessStringConvertible & Encodable) throws {
    guard value.isFinite else {
      throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no such number"))
    }
    let digits = value.description.utf8
    bytes += digits
    if digits.suffix(2).elementsEqual(".0".utf8) { bytes.removeLast(2) }
  }

  func add(_ value: String) {
    bytes.append(UInt8(ascii: "\""))
    let start = bytes.count
    bytes += value.utf8
    if let odd = bytes[start...].firstIndex(where: RowText.mustBeEscaped) {
      let rest = Array(bytes[odd...])
      bytes.removeSubrange(odd...)
      for byte in rest { escape(byte) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): add("\\", Unicode.Scalar(byte))
    case 0x08: add("\\", "b")
    case 0x09: add("\\", "t")
    case 0x0A: add("\\", "n")
    case 0x0C: add("\\", "f")
    case 0x0D: add("\\", "r")
    case ..<0x20:
      let digits = String(byte, radix: 16)
      bytes += "\\u00\(byte < 0x10 ? "0" : "")\(digits)".utf8
    default: bytes.append(byte)
    }
  }

  private func add(_ first: Unicode.Scalar, _ second: Unicode.Scalar) {
    bytes.append(UInt8(ascii: first))
    bytes.append(UInt8(ascii: second))
  }

  // MARK: - Containers

  /// The container that a value at this depth is: a value that asks twice goes on with the first.
  func container(at depth: Int, isObject: Bool) -> Int {
    if open.count > depth {
      close(to: depth + 1)
      if open[depth].isObject != isObject { isMisused = true }
      return open[depth].number
    }
    return begin(isObject: isObject)
  }

  private func begin(isObject: Bool) -> Int {
    opened += 1
    open.append(Container(isObject: isObject, start: bytes.count, base: members.count, number: opened))
    bytes.append(UInt8(ascii: isObject ? "{" : "["))
    return opened
  }

  /// Makes place for one more value of a container, after those in it have ended.
  func next(in number: Int) {
    guard let index = open.lastIndex(where: { $0.number == number }) else { return isMisused = true }
    close(to: index + 1)
    if open[index].count > 0 {
      fill()
      bytes.append(UInt8(ascii: ","))
    }
    open[index].count += 1
  }

  /// A value that has said nothing is an object without members.
  private func fill() {
    switch bytes.last {
    case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["): add("{", "}")
    default: break
    }
  }

  func member(_ name: String, of number: Int) {
    next(in: number)
    let start = bytes.count
    add(name)
    var prefix: UInt64 = 0
    for offset in 1...8 {
      let at = start + offset
      prefix = prefix << 8 | UInt64(at < bytes.count - 1 ? bytes[at] : 0)
    }
    members.append(Member(start: start, nameEnd: bytes.count - 1, prefix: prefix))
    bytes.append(UInt8(ascii: ":"))
  }

  func count(of number: Int) -> Int { open.last { $0.number == number }?.count ?? 0 }

  func close(to depth: Int) {
    while open.count > depth {
      let container = open.removeLast()
      if container.count > 0 { fill() }
      if container.isObject { sort(container) }
      bytes.append(UInt8(ascii: container.isObject ? "}" : "]"))
    }
  }

  private func sort(_ object: Container) {
    let own = object.base..<members.count
    defer { members.removeSubrange(own) }
    guard own.dropFirst().contains(where: { !precedes(members[$0 - 1], members[$0]) }) else { return }
    for index in own { members[index].end = index + 1 < own.upperBound ? members[index + 1].start - 1 : bytes.count }
    members[own].sort(by: precedes)
    if own.dropFirst().contains(where: { !precedes(members[$0 - 1], members[$0]) }) { isMisused = true }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count - object.start)
    for member in members[own] {
      if !text.isEmpty { text.append(UInt8(ascii: ",")) }
      text += bytes[member.start..<member.end]
    }
    bytes.replaceSubrange((object.start + 1)..., with: text)
  }

  /// By the bytes of their names, as they are written.
  private func precedes(_ one: Member, _ other: Member) -> Bool {
    if one.prefix != other.prefix { return one.prefix < other.prefix }
    return bytes[one.start + 1..<one.nameEnd].lexicographicallyPrecedes(bytes[other.start + 1..<other.nameEnd])
  }
}

/// A value to be written, at the place where the text ends.
private struct RowValue: Encoder, SingleValueEncodingContainer {
  let text: RowText
  /// How many containers are around it.
  let depth: Int

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(RowMembers(text: text, number: text.container(at: depth, isObject: true)))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    RowElements(text: text, number: text.container(at: depth, isObject: false))
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { text.addNull() }
  func encode(_ value: Bool) { text.add(value) }
  func encode(_ value: String) { text.add(value) }
  func encode(_ value: some FixedWidthInteger & Encodable) { text.add(value) }
  func encode(_ value: some BinaryFloatingPoint & LosslessStringConvertible & Encodable) throws { try text.add(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try text.add(value) }
}

private struct RowMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let text: RowText
  let number: Int

  var codingPath: [any CodingKey] { [] }

  /// What comes behind the member's name.
  private func value(_ name: String) -> RowValue {
    text.member(name, of: number)
    return RowValue(text: text, depth: text.depth)
  }

  func encodeNil(forKey key: Key) { value(key.stringValue).encodeNil() }
  func encode(_ value: String, forKey key: Key) { self.value(key.stringValue).encode(value) }
  func encode(_ value: some FixedWidthInteger & Encodable, forKey key: Key) {
    self.value(key.stringValue).encode(value)
  }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try self.value(key.stringValue).encode(value)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { value(key.stringValue).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    value(key.stringValue).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { value("super") }
  func superEncoder(forKey key: Key) -> any Encoder { value(key.stringValue) }
}

private struct RowElements: UnkeyedEncodingContainer {
  let text: RowText
  let number: Int

  var codingPath: [any CodingKey] { [] }
  var count: Int { text.count(of: number) }

  private var value: RowValue {
    text.next(in: number)
    return RowValue(text: text, depth: text.depth)
  }

  func encodeNil() { value.encodeNil() }
  func encode(_ value: String) { self.value.encode(value) }
  func encode(_ value: some FixedWidthInteger & Encodable) { self.value.encode(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try self.value.encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    value.container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { value.unkeyedContainer() }
  func superEncoder() -> any Encoder { value }
}

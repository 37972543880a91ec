import RecoveryCore

extension JSONDocument {
  /// The value that `JSONEncoder` has written, for a start that reads a hundred thousand of them.
  ///
  /// It takes no less than Foundation's `JSONDecoder` does with its default settings, but says of a document that does not
  /// fit only that it does not: whoever has to name the place asks Foundation. Member names are compared as they are written.
  package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try DocumentDecoder(tape: tape, index: index).decode(type)
  }
}

/// A value that is not of the type that was asked for.
struct UnfitDocument: Error {}

/// One value of a document as Swift's coding system wants to read it.
struct DocumentDecoder: Decoder, SingleValueDecodingContainer {
  let tape: JSONDocument.Tape
  let index: Int

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  var node: JSONDocument.Node { tape.content.nodes[index] }

  /// Another value of the document.
  func value(at index: Int) -> DocumentDecoder { DocumentDecoder(tape: tape, index: index) }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard node.kind == .object else { throw UnfitDocument() }
    return KeyedDecodingContainer(Members<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard node.kind == .array else { throw UnfitDocument() }
    return Elements(decoder: self)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  // MARK: - Values

  func decodeNil() -> Bool { node.kind == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    switch node.kind {
    case .true: true
    case .false: false
    default: throw UnfitDocument()
    }
  }

  func decode(_ type: String.Type) throws -> String {
    guard node.kind == .string else { throw UnfitDocument() }
    return tape.content.text(of: node)
  }

  func decode(_ type: Double.Type) throws -> Double {
    switch try number() {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw UnfitDocument()
    }
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try integer() }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
  func decode(_ type: UInt.Type) throws -> UInt { try integer() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

  private func integer<Value: FixedWidthInteger>() throws -> Value {
    guard case .integer(let number) = try number(), let value = Value(exactly: number) else { throw UnfitDocument() }
    return value
  }

  private func number() throws -> JSONValue {
    guard let number = tape.content.number(of: node) else { throw UnfitDocument() }
    return number
  }
}

/// The members of an object.
private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: DocumentDecoder

  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    var keys: [Key] = []
    var at = decoder.index + 1
    while at < Int(decoder.node.next) {
      if let key = Key(stringValue: decoder.tape.content.text(of: decoder.tape.content.nodes[at])) { keys.append(key) }
      at = Int(decoder.tape.content.nodes[at + 1].next)
    }
    return keys
  }

  func contains(_ key: Key) -> Bool { find(key) != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decode(type) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).decode(type) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try member(key).decode(type) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try member(key).decode(type) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try member(key).decode(type) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try member(key).decode(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).decode(type) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try member(key).decode(type) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try member(key).decode(type) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try member(key).decode(type) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try member(key).decode(type) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try member(key).decode(type) }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try member(key).decode(type)
  }
  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    guard let member = find(key), !member.decodeNil() else { return nil }
    return try member.decode(type)
  }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    guard let member = find(key), !member.decodeNil() else { return nil }
    return try member.decode(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try member(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try member(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { throw UnfitDocument() }
  func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

  private func member(_ key: Key) throws -> DocumentDecoder {
    guard let member = find(key) else { throw UnfitDocument() }
    return member
  }

  private func find(_ key: Key) -> DocumentDecoder? {
    decoder.tape.content.member(named: key.stringValue, of: decoder.index).map { decoder.value(at: $0) }
  }
}

/// The elements of an array.
private struct Elements: UnkeyedDecodingContainer {
  private let array: DocumentDecoder
  private let end: Int
  /// The node of the next element.
  private var at: Int
  private(set) var currentIndex = 0

  init(decoder: DocumentDecoder) {
    array = decoder
    end = Int(decoder.node.next)
    at = decoder.index + 1
  }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { nil }
  var isAtEnd: Bool { at >= end }

  private var element: DocumentDecoder {
    get throws {
      guard !isAtEnd else { throw UnfitDocument() }
      return array.value(at: at)
    }
  }

  /// What `read` makes of the next element; only then it is behind us.
  private mutating func next<Value>(_ read: (DocumentDecoder) throws -> Value) throws -> Value {
    let value = try read(try element)
    at = Int(array.tape.content.nodes[at].next)
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard try element.decodeNil() else { return false }
    return try next { _ in true }
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next { try $0.decode(type) } }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    try next { try $0.container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next { try $0.unkeyedContainer() }
  }

  mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}

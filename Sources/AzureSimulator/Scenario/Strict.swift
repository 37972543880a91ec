/// A keyed container that refuses keys it does not know.
struct Strict<Key: CodingKey & CaseIterable & RawRepresentable> where Key.RawValue == String {
  private let values: KeyedDecodingContainer<Key>

  init(_ decoder: any Decoder, _ keys: Key.Type) throws {
    values = try decoder.container(keyedBy: Key.self)
    let known = Set(Key.allCases.map(\.rawValue))
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath + [key],
          debugDescription: "unknown key '\(key.stringValue)'; known are \(known.sorted().joined(separator: ", "))"))
    }
  }

  func need<Value: Decodable>(_ key: Key) throws -> Value { try values.decode(Value.self, forKey: key) }

  func optional<Value: Decodable>(_ key: Key, as type: Value.Type = Value.self) throws -> Value? {
    try values.decodeIfPresent(type, forKey: key)
  }
}

struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

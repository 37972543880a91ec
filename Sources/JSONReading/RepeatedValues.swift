/// Values that many documents repeat: made once of equal bytes, and shared from then on.
///
/// A fleet's states name the same extensions and rules a hundred thousand times, and each state its own machine twice.
/// For one reader at a time.
package final class RepeatedValues {
  private struct Place: Hashable {
    let type: ObjectIdentifier
    let bytes: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) {
      hasher.combine(type)
      unsafe bytes.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
    }
  }

  /// What does not come again within so many is made again.
  private static let most = 1024

  private let types: [ObjectIdentifier]
  private var values: [Place: Any] = [:]

  package init(of types: any Decodable.Type...) { self.types = types.map { ObjectIdentifier($0) } }

  func covers(_ type: any Decodable.Type) -> Bool { types.contains(ObjectIdentifier(type)) }

  /// The value that was made of the same bytes before, or else a new one.
  func value<Value>(_ type: Value.Type, of bytes: ArraySlice<UInt8>, _ make: () throws -> Value) rethrows -> Value {
    if let known = values[Place(type: ObjectIdentifier(type), bytes: bytes)] as? Value { return known }
    let value = try make()
    if values.count >= RepeatedValues.most { values.removeAll(keepingCapacity: true) }
    // A copy: the bytes are a part of a whole document.
    values[Place(type: ObjectIdentifier(type), bytes: ArraySlice(Array(bytes)))] = value
    return value
  }
}

/// Values of one type that many documents repeat: made once of equal bytes, and shared from then on. For one reader at a
/// time.
package final class RepeatedValues {
  private struct Written: Hashable {
    let bytes: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) {
      unsafe bytes.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
    }
  }

  /// What does not come again within so many is made again.
  private static let most = 1024

  let type: ObjectIdentifier
  private var values: [Written: Any] = [:]

  package init(of type: any Decodable.Type) { self.type = ObjectIdentifier(type) }

  /// The value that was made of the same bytes before, or else a new one.
  func value<Value>(of bytes: ArraySlice<UInt8>, _ make: () throws -> Value) rethrows -> Value {
    if let known = values[Written(bytes: bytes)] as? Value { return known }
    let value = try make()
    if values.count >= RepeatedValues.most { values.removeAll(keepingCapacity: true) }
    // A copy: the bytes are a part of a whole document.
    values[Written(bytes: ArraySlice(Array(bytes)))] = value
    return value
  }
}

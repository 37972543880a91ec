/// Values that many documents repeat: made once of equal bytes, and shared from then on. For one reader at a time.
package final class RepeatedValues {
  private struct Written: Hashable {
    let bytes: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) {
      unsafe bytes.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
    }

    static func == (left: Written, right: Written) -> Bool {
      unsafe JSONDocument.areEqual(left.bytes.span.bytes, right.bytes.span.bytes)
    }
  }

  /// What does not come again within so many is made again.
  private static let most = 1024

  private var values: [Written: Any] = [:]

  package init() {}

  /// The value that was made of an equal part of a document before, or else a new one; nil when none can be made.
  package func value<Value>(of document: JSONDocument, _ make: (JSONDocument) -> Value?) -> Value? {
    let bytes = document.bytes
    if let known = values[Written(bytes: bytes)] as? Value { return known }
    guard let value = make(document) else { return nil }
    if values.count >= RepeatedValues.most { values.removeAll(keepingCapacity: true) }
    // A copy: the bytes are a part of a whole document.
    values[Written(bytes: ArraySlice(Array(bytes)))] = value
    return value
  }
}

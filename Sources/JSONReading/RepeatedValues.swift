/// Values that many documents repeat: made once of equal bytes, and shared from then on. For one reader at a time.
package final class RepeatedValues {
  private struct Written: Hashable {
    /// `null` is not `"null"`, and the quotes are none of the bytes.
    let kind: JSONDocument.Node.Kind
    let bytes: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) {
      hasher.combine(kind)
      unsafe bytes.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
    }

    static func == (left: Written, right: Written) -> Bool {
      unsafe left.kind == right.kind && JSONDocument.areEqual(left.bytes.span.bytes, right.bytes.span.bytes)
    }
  }

  /// What does not come again within so many is made again.
  private static let most = 1024

  private var values: [Written: Any] = [:]

  package init() {}

  /// The value that was made of an equal part of a document before, or else a new one; nil when none can be made.
  package func value<Value>(of document: JSONDocument, _ make: (JSONDocument) -> Value?) -> Value? {
    let written = Written(kind: document.node.kind, bytes: document.bytes)
    if let known = values[written] as? Value { return known }
    guard let value = make(document) else { return nil }
    if values.count >= RepeatedValues.most { values.removeAll(keepingCapacity: true) }
    // A copy: the bytes are a part of a whole document.
    values[Written(kind: written.kind, bytes: ArraySlice(Array(written.bytes)))] = value
    return value
  }
}

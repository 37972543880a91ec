/// A dictionary in parts: a change to it copies one part, and not all, while somebody else still holds it as it was.
///
/// Each look holds the fleet's summary for as long as Azure takes to answer. With thousands of heals under way, a commit
/// beside it must not copy them all.
struct PartedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private var parts: [[Key: Value]] = Array(repeating: [:], count: PartedTable.partCount)
  private(set) var count = 0

  /// What a change copies is least where the parts are as many as each has entries: with 4,000.
  private static var partCount: Int { 64 }

  private static func place(of key: Key) -> Int { Int(truncatingIfNeeded: key.hashValue) & (partCount - 1) }

  subscript(key: Key) -> Value? {
    get { count == 0 ? nil : parts[PartedTable.place(of: key)][key] }
    set {
      guard let newValue else {
        removeValue(forKey: key)
        return
      }
      if parts[PartedTable.place(of: key)].updateValue(newValue, forKey: key) == nil { count += 1 }
    }
  }

  @discardableResult
  mutating func removeValue(forKey key: Key) -> Value? {
    // One that is not there changes nothing, and copies nothing.
    guard let value = self[key] else { return nil }
    parts[PartedTable.place(of: key)].removeValue(forKey: key)
    count -= 1
    return value
  }

  var values: some Sequence<Value> { parts.lazy.flatMap(\.values) }

  func contains(where predicate: (Key, Value) -> Bool) -> Bool {
    count > 0 && parts.contains { part in part.contains { predicate($0.key, $0.value) } }
  }

  mutating func removeAll(where shouldBeRemoved: (Value) -> Bool) {
    for place in parts.indices { parts[place] = parts[place].filter { !shouldBeRemoved($0.value) } }
    count = parts.reduce(0) { $0 + $1.count }
  }
}

import RecoveryCore

/// States by their keys.
struct StateTable {
  private var places: [ItemKey: KeptState] = [:]

  var values: some Collection<ItemState> { places.values.lazy.map(\.state) }
  var all: ItemStates { ItemStates(Array(places.values)) }

  subscript(key: ItemKey) -> ItemState? { places[key]?.state }
  /// Those of the keys that are known.
  subscript(keys: some Sequence<ItemKey>) -> ItemStates { ItemStates(keys.compactMap { places[$0] }) }

  /// Returns what was there.
  @discardableResult
  mutating func updateValue(_ kept: KeptState, forKey key: ItemKey) -> KeptState? {
    places.updateValue(kept, forKey: key)
  }

  mutating func removeValue(forKey key: ItemKey) -> KeptState? { places.removeValue(forKey: key) }

  mutating func reserveCapacity(_ count: Int) { places.reserveCapacity(count) }
}

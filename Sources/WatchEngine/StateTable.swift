import RecoveryCore

/// States by their keys, each in a place of its own: a state is large, and a table that holds them all would be half
/// empty, and move them whenever it grows.
struct StateTable {
  private final class Place: Sendable {
    let state: ItemState
    init(_ state: ItemState) { self.state = state }
  }

  private var places: [ItemKey: Place] = [:]

  var values: some Collection<ItemState> { places.values.lazy.map(\.state) }

  subscript(key: ItemKey) -> ItemState? {
    get { places[key]?.state }
    set { places[key] = newValue.map(Place.init) }
  }

  /// Returns what was there.
  mutating func updateValue(_ state: ItemState, forKey key: ItemKey) -> ItemState? {
    places.updateValue(Place(state), forKey: key)?.state
  }

  mutating func reserveCapacity(_ count: Int) { places.reserveCapacity(count) }
}

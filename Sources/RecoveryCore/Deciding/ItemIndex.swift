/// Finds the key of an item that is seen, whatever became of its ARM id.
///
/// The `lifecycleId` is the only identity that survives re-protect, but it is null until an item is first protected
/// and null again while a re-protect synchronises. Then the item whose live machine is the one that we remember is the
/// same item.
public struct ItemIndex: Sendable {
  private var byLifecycle: [String: ItemKey] = [:]
  private var withLifecycle: Set<ItemKey> = []
  private var byItem: [ResourceID: ItemKey] = [:]
  private var byMachine: [ResourceID: ItemKey] = [:]

  public init() {}

  public mutating func update(_ state: ItemState, replacing old: ItemState? = nil) {
    if let old, old.key == state.key {
      if let machine = old.live?.id, machine != state.live?.id, byMachine[machine] == state.key {
        byMachine[machine] = nil
      }
      if old.itemID != state.itemID, byItem[old.itemID] == state.key { byItem[old.itemID] = nil }
    }
    if let lifecycle = state.lifecycleID?.lowercased() {
      byLifecycle[lifecycle] = state.key
      withLifecycle.insert(state.key)
    }
    byItem[state.itemID] = state.key
    if let machine = state.live?.id { byMachine[machine] = state.key }
  }

  /// The key of an item that was seen under this id.
  public func key(ofItem id: ResourceID) -> ItemKey? { byItem[id] }

  /// The key under which the item is known, or the one that it gets now.
  public func key(of item: ProtectedItem) -> ItemKey {
    if let lifecycle = item.lifecycleID?.lowercased() {
      if let known = byLifecycle[lifecycle] { return known }
      // The item was first seen before it had a lifecycle id, unless that key belongs to an earlier life.
      if let known = byItem[item.id], !withLifecycle.contains(known) { return known }
      return ItemKey("lifecycle:\(lifecycle)")
    }
    if let known = byItem[item.id] { return known }
    if let machine = item.liveMachineID ?? item.fabricObjectID, let known = byMachine[machine] { return known }
    return ItemKey("item:\(item.id.key)")
  }
}

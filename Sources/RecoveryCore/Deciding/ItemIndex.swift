/// Finds the key of an item that is seen, whatever became of its ARM id.
///
/// The `lifecycleId` is the only identity that survives re-protect, but it is null until an item is first protected
/// and null again while a re-protect synchronises. Then the item is the same whose live machine, or whose candidate for
/// one, is its source now; or, when the failover and the re-protect went by unseen, whose live machine as we remember
/// it is where the item would fail back to.
public struct ItemIndex: Sendable {
  private var byLifecycle: [String: ItemKey] = [:]
  private var withLifecycle: Set<ItemKey> = []
  private var byItem: [ResourceID: ItemKey] = [:]
  private var byMachine: [ResourceID: ItemKey] = [:]

  public init() {}

  /// Makes room for so many items at once: growing moves all that is there, again and again.
  public mutating func reserveCapacity(_ count: Int) {
    byLifecycle.reserveCapacity(count)
    withLifecycle.reserveCapacity(count)
    byItem.reserveCapacity(count)
    byMachine.reserveCapacity(count)
  }

  public mutating func update(_ state: ItemState, replacing old: ItemState? = nil) {
    if let old, old.key == state.key {
      for machine in old.machines where !state.machines.contains(machine) && byMachine[machine] == state.key {
        byMachine[machine] = nil
      }
      if old.itemID != state.itemID, byItem[old.itemID] == state.key { byItem[old.itemID] = nil }
    }
    if let lifecycle = state.lifecycleID?.lowercased() {
      byLifecycle[lifecycle] = state.key
      withLifecycle.insert(state.key)
    }
    byItem[state.itemID] = state.key
    for machine in state.machines { byMachine[machine] = state.key }
  }

  public mutating func remove(_ state: ItemState) {
    if byItem[state.itemID] == state.key { byItem[state.itemID] = nil }
    if let lifecycle = state.lifecycleID?.lowercased(), byLifecycle[lifecycle] == state.key {
      byLifecycle[lifecycle] = nil
    }
    withLifecycle.remove(state.key)
    for machine in state.machines where byMachine[machine] == state.key { byMachine[machine] = nil }
  }

  /// The key of an item that was seen under this id.
  public func key(ofItem id: ResourceID) -> ItemKey? { byItem[id] }

  /// The key of the item whose live machine this is, or would be.
  public func key(ofMachine id: ResourceID) -> ItemKey? { byMachine[id] }

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
    if let machine = item.recoveryMachineID, let known = byMachine[machine] { return known }
    return ItemKey("item:\(item.id.key)")
  }
}

extension ItemState {
  /// The machines by which the item is known.
  fileprivate var machines: [ResourceID] { [live?.id, transition?.candidate].compactMap { $0 } }
}

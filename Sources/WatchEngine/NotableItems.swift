import RecoveryCore

/// Which of all items alerts have to look at, kept up with each change: a fleet is large, and few of it are notable.
struct NotableItems {
  private var members: [String: Set<ItemKey>] = [:]
  private var failoverOf: [ItemKey: String] = [:]
  /// Each with the failover that it still goes through, if any.
  private var remarkable: [ItemKey: String?] = [:]

  mutating func reserveCapacity(_ count: Int) { failoverOf.reserveCapacity(count) }

  /// An item has changed; nil when it was forgotten.
  mutating func update(_ key: ItemKey, _ state: ItemState?) {
    if let state, state.isRemarkable {
      remarkable.updateValue(state.openFailoverID, forKey: key)
    } else {
      remarkable.removeValue(forKey: key)
    }
    let next = state?.failoverID
    guard failoverOf[key] != next else { return }
    if let old = failoverOf[key] {
      members[old]?.remove(key)
      if members[old]?.isEmpty ?? false { members[old] = nil }
    }
    if let next { members[next, default: []].insert(key) }
    failoverOf[key] = next
  }

  /// The members of every failover of which one is remarkable, and of those that are asked for.
  func failovers(besides known: [String]) -> [String: Set<ItemKey>] {
    let ids = Set(remarkable.values.compactMap { $0 }).union(known)
    return Dictionary(uniqueKeysWithValues: ids.compactMap { id in members[id].map { (id, $0) } })
  }

  /// Remarkable items that go through no failover: what is the matter with them has another cause.
  var others: [ItemKey] { remarkable.filter { $0.value == nil }.keys.sorted() }
}

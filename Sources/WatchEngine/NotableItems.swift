import RecoveryCore

/// Which of all items alerts have to look at, kept up with each change: a fleet is large, and few of it are notable.
struct NotableItems {
  private var members: [String: Set<ItemKey>] = [:]
  private var failoverOf: [ItemKey: String] = [:]
  private var remarkable: Set<ItemKey> = []

  /// An item has changed; nil when it was forgotten.
  mutating func update(_ key: ItemKey, _ state: ItemState?) {
    if state?.isRemarkable ?? false { remarkable.insert(key) } else { remarkable.remove(key) }
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
    let ids = Set(remarkable.compactMap { failoverOf[$0] }).union(known)
    return Dictionary(uniqueKeysWithValues: ids.compactMap { id in members[id].map { (id, $0) } })
  }

  /// Remarkable items that are part of no failover.
  var others: [ItemKey] { remarkable.filter { failoverOf[$0] == nil }.sorted() }
}

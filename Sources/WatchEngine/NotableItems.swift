import RecoveryCore

/// Which of all items alerts have to look at, kept up with each change: a fleet is large, and few of it are notable.
struct NotableItems {
  private var members: [String: Set<ItemKey>] = [:]
  /// Each with the failover that it still goes through, if any.
  private var remarkable: [ItemKey: String?] = [:]

  /// An item has changed: what it was, nil when it was not known, and what it is, nil when it was forgotten.
  mutating func update(_ old: ItemState?, to new: ItemState?) {
    guard let key = (new ?? old)?.key else { return }
    if let new, new.isRemarkable {
      remarkable.updateValue(new.openFailoverID, forKey: key)
    } else if old?.isRemarkable ?? false {
      remarkable.removeValue(forKey: key)
    }
    guard old?.failoverID != new?.failoverID else { return }
    if let left = old?.failoverID {
      members[left]?.remove(key)
      if members[left]?.isEmpty ?? false { members[left] = nil }
    }
    if let joined = new?.failoverID { members[joined, default: []].insert(key) }
  }

  /// The members of every failover of which one is remarkable, and of those that are asked for.
  func failovers(besides known: [String]) -> [String: Set<ItemKey>] {
    let ids = Set(remarkable.values.compactMap { $0 }).union(known)
    return Dictionary(uniqueKeysWithValues: ids.compactMap { id in members[id].map { (id, $0) } })
  }

  /// Remarkable items that go through no failover: what is the matter with them has another cause.
  var others: [ItemKey] { remarkable.filter { $0.value == nil }.keys.sorted() }
}

import RecoveryCore

/// Which of all items alerts have to look at, kept up with each change: a fleet is large, and few of it are notable.
struct NotableItems {
  private var members: [String: Set<ItemKey>] = [:]
  /// Each with the failover that it still goes through, if any.
  private var remarkable: [ItemKey: String?] = [:]

  /// An item has changed: what it was, nil when it was not known, and what it is, nil when it was forgotten.
  mutating func update(_ old: ItemState?, to new: ItemState?) {
    if let old {
      if old.isRemarkable, !(new?.isRemarkable ?? false) { remarkable.removeValue(forKey: old.key) }
      if let left = old.failoverID, left != new?.failoverID {
        members[left]?.remove(old.key)
        if members[left]?.isEmpty ?? false { members[left] = nil }
      }
    }
    if let new { add(new) }
  }

  /// A start knows of a hundred thousand what they are, and of none what it was.
  mutating func add(_ new: ItemState) {
    if new.isRemarkable { remarkable.updateValue(new.openFailoverID, forKey: new.key) }
    if let joined = new.failoverID { members[joined, default: []].insert(new.key) }
  }

  /// The members of every failover of which one is remarkable, and of those that are asked for.
  func failovers(besides known: [String]) -> [String: Set<ItemKey>] {
    let ids = Set(remarkable.values.compactMap { $0 }).union(known)
    return Dictionary(uniqueKeysWithValues: ids.compactMap { id in members[id].map { (id, $0) } })
  }

  /// Remarkable items that go through no failover: what is the matter with them has another cause.
  var others: [ItemKey] { remarkable.filter { $0.value == nil }.keys.sorted() }
}

import RecoveryCore

/// What hints come to, compared with what is known.
struct HintMeaning {
  var items: Set<ItemKey> = []
  var vaults: Set<ResourceID> = []
  var counts: [HintDesk.Outcome: Int] = [:]
}

extension Fleet {
  func meaning(of hints: Set<Hint>, watching vaults: Set<ResourceID>) -> HintMeaning {
    var meaning = HintMeaning()
    var names: Set<String> = []
    var elsewhere: [ResourceID] = []
    for hint in hints {
      switch hint {
      case .everything:
        meaning.vaults = vaults
        meaning.counts[.known, default: 0] += 1
      case .item(let name): names.insert(name)
      case .resource(let id):
        if let known = index.key(ofItem: id) ?? index.key(ofMachine: id.machine ?? id), let state = states[known] {
          note(state, of: vaults, in: &meaning)
        } else if let vault = vaults.first(where: { $0 == id || id.key.hasPrefix($0.key + "/") }) {
          meaning.vaults.insert(vault)
          meaning.counts[.known, default: 0] += 1
        } else {
          elsewhere.append(id)
        }
      }
    }
    var unknown = note(names, of: vaults, in: &meaning)
    if !elsewhere.isEmpty {
      let ours = subscriptions(watching: vaults)
      let near = elsewhere.count { ours.contains($0.subscriptionKey) }
      unknown += near
      if near < elsewhere.count { meaning.counts[.foreign, default: 0] += elsewhere.count - near }
    }
    if unknown > 0 {
      // A machine that was just made by a failover is new to us.
      meaning.vaults = vaults
      meaning.counts[.unknown, default: 0] += unknown
    }
    return meaning
  }

  /// Returns how many of the names are no item's. Several items may have the same.
  private func note(_ names: Set<String>, of vaults: Set<ResourceID>, in meaning: inout HintMeaning) -> Int {
    guard !names.isEmpty else { return 0 }
    var found: Set<String> = []
    for state in states.values where !state.key.isDrill && vaults.contains(state.vault) {
      for name in [state.key.text, state.name.lowercased()] where names.contains(name) {
        if found.insert(name).inserted { meaning.counts[.known, default: 0] += 1 }
        meaning.items.insert(state.key)
        meaning.vaults.insert(state.vault)
      }
    }
    return names.count - found.count
  }

  /// An item whose vault is not watched any more is none of ours.
  private func note(_ state: ItemState, of vaults: Set<ResourceID>, in meaning: inout HintMeaning) {
    guard vaults.contains(state.vault) else { return meaning.counts[.foreign, default: 0] += 1 }
    meaning.items.insert(state.key)
    meaning.vaults.insert(state.vault)
    meaning.counts[.known, default: 0] += 1
  }

  /// The subscriptions that vaults and machines are in, and those that a failover would put machines into.
  private func subscriptions(watching vaults: Set<ResourceID>) -> Set<Substring> {
    var ours = Set(vaults.map(\.subscriptionKey))
    for group in landings { ours.insert(group.subscriptionKey) }
    for state in states.values { if let live = state.live { ours.insert(live.id.subscriptionKey) } }
    return ours
  }
}

extension ResourceID {
  /// The virtual machine that this is, or is below.
  fileprivate var machine: ResourceID? {
    let segments = text.split(separator: "/", maxSplits: 8)
    guard segments.count >= 8, segments[5].lowercased() == "microsoft.compute",
      segments[6].lowercased() == "virtualmachines"
    else { return nil }
    return ResourceID("/" + segments[..<8].joined(separator: "/"))
  }

  /// In bytes: a fleet is large.
  fileprivate var subscriptionKey: Substring {
    Substring(key.utf8.dropFirst("/subscriptions/".utf8.count).prefix { $0 != UInt8(ascii: "/") })
  }
}

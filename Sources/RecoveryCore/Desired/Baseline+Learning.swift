extension Baseline {
  /// What is known after a look at a machine, and what changed, a sentence each. Nil when the machine is in no state to
  /// learn from: not running, its agent silent, an operation on it under way, its associations not read.
  ///
  /// - Parameter forgetAfter: how long a part that the machine lost stays known, although everything else is well.
  static func learned(
    from machine: Machine, of item: ItemKey, knowing known: Baseline?, forgetAfter: Duration, at now: Timestamp
  ) -> (Baseline, [String])? {
    guard machine.isRunning, machine.isAgentReady, !machine.isBusy, !machine.isBeingDeleted,
      let associations = machine.associations
    else { return nil }
    return merged(
      from: machine, associations, wellExtensions(of: machine), of: item, knowing: known, forgetAfter: forgetAfter,
      at: now)
  }

  /// What can still be read of the machine that a failover left behind: its resources outlive its guest until
  /// re-protect deletes it. Nil when its associations were not read.
  static func learned(fromSource machine: Machine, of item: ItemKey, at now: Timestamp) -> Baseline? {
    guard let associations = machine.associations else { return nil }
    let settled = machine.extensions.filter { $0.phase == .settled }
    return merged(from: machine, associations, settled, of: item, knowing: nil, forgetAfter: .zero, at: now).0
  }

  private static func merged(
    from machine: Machine, _ associations: [Association], _ extensions: [ExtensionResource], of item: ItemKey,
    knowing known: Baseline?, forgetAfter: Duration, at now: Timestamp
  ) -> (Baseline, [String]) {
    var next = known ?? Baseline(item: item, machine: machine, at: now)
    if let known, known.machine != machine.pair {
      next.owed = Set(known.extensions.map(BaselinePart.of) + known.associations.map(BaselinePart.of))
      next.owed.formUnion(known.endpoints.keys.map(BaselinePart.endpoint))
      if known.identity != .none { next.owed.insert(BaselinePart.identity) }
      next.missing = [:]
    }
    next.machine = machine.pair
    next.operatingSystem = machine.operatingSystem ?? next.operatingSystem
    (next.location, next.zones, next.tags) = (machine.location, machine.zones, machine.tags)
    next.confirmed = now
    var changes: [String] = []
    next.take(extensions, of: machine, &changes)
    next.take(associations, &changes)
    next.take(machine.identity, &changes)
    next.forget(whatIsMissingOn: machine, associations, after: forgetAfter, at: now, &changes)
    if known.map({ !$0.isSameContent(as: next) }) ?? true { next.learned = now }
    return (next, changes)
  }

  /// Extensions whose resource and whose guest both say that they are well.
  private static func wellExtensions(of machine: Machine) -> [ExtensionResource] {
    machine.extensions.filter { resource in
      guard resource.phase == .settled else { return false }
      let reported = machine.extensionStatuses.first { $0.name.lowercased() == resource.name.lowercased() }?.status
      if reported?.state == "failed" { return false }
      switch machine.handler(resource.kind)?.status?.state {
      case "succeeded", "ready": return true
      case nil: return reported?.state == "succeeded"
      default: return false
      }
    }
  }

  private mutating func take(_ resources: [ExtensionResource], of machine: Machine, _ changes: inout [String]) {
    for resource in resources {
      let after = resource.provisionAfterExtensions.compactMap { name in
        machine.extensions.first { $0.name.lowercased() == name.lowercased() }?.kind
      }
      let seen = DesiredExtension(
        name: resource.name, kind: resource.kind, version: resource.version ?? "",
        autoUpgradeMinorVersion: resource.autoUpgradeMinorVersion,
        enableAutomaticUpgrade: resource.enableAutomaticUpgrade, settings: resource.settings,
        provisionAfter: resource.provisionAfterExtensions, after: after)
      settle(BaselinePart.of(seen))
      if let at = extensions.firstIndex(where: { $0.kind == seen.kind }) {
        if extensions[at] != seen { changes.append("extension \(seen.name) changed") }
        extensions[at] = seen
      } else {
        extensions.append(seen)
        changes.append("extension \(seen.name) learned")
      }
    }
    extensions.sort { $0.kind.handlerType < $1.kind.handlerType }
  }

  private mutating func take(_ seen: [Association], _ changes: inout [String]) {
    for association in seen {
      if association.isEndpoint, association.owner == nil, case .endpoint(let endpoint) = association.target {
        settle(BaselinePart.endpoint(location))
        if endpoints.updateValue(endpoint, forKey: location) != endpoint {
          changes.append("data collection endpoint \(endpoint.name) learned for \(location)")
        }
        continue
      }
      settle(BaselinePart.of(association))
      if let at = associations.firstIndex(where: { $0.name.lowercased() == association.name.lowercased() }) {
        if associations[at] != association { changes.append("association \(association.name) changed") }
        associations[at] = association
      } else {
        associations.append(association)
        changes.append("association \(association.name) learned")
      }
    }
    associations.sort { $0.name < $1.name }
  }

  /// Identities are only added to here: one that is missing may be what the failover dropped.
  private mutating func take(_ seen: ManagedIdentity, _ changes: inout [String]) {
    if seen.covers(identity) { settle(BaselinePart.identity) }
    let sum = identity.adding(seen)
    if sum != identity { changes.append("identity \(sum.type) learned") }
    identity = sum
  }

  private mutating func settle(_ part: String) {
    owed.remove(part)
    missing[part] = nil
  }

  /// What the very machine that had it has no more was taken away by somebody, but not at once: a list may lag.
  private mutating func forget(
    whatIsMissingOn machine: Machine, _ present: [Association], after span: Duration, at now: Timestamp,
    _ changes: inout [String]
  ) {
    func isForgotten(_ part: String, _ isPresent: Bool) -> Bool {
      guard !isPresent, !owed.contains(part) else { return false }
      guard let since = missing[part] else {
        missing[part] = now
        return false
      }
      return now - since >= span
    }
    for wanted in extensions where isForgotten(BaselinePart.of(wanted), machine.resource(wanted.kind) != nil) {
      extensions.removeAll { $0.kind == wanted.kind }
      missing[BaselinePart.of(wanted)] = nil
      changes.append("extension \(wanted.name) forgotten: it was taken away")
    }
    for known in associations {
      let isPresent = present.contains { $0.name.lowercased() == known.name.lowercased() }
      guard isForgotten(BaselinePart.of(known), isPresent) else { continue }
      associations.removeAll { $0.name == known.name }
      missing[BaselinePart.of(known)] = nil
      changes.append("association \(known.name) forgotten: it was taken away")
    }
    if isForgotten(BaselinePart.identity, machine.identity.covers(identity)) {
      identity = machine.identity
      missing[BaselinePart.identity] = nil
      changes.append("identity reduced to \(identity.type): the rest was taken away")
    }
    let endpoint = BaselinePart.endpoint(location)
    if endpoints[location] != nil, isForgotten(endpoint, present.contains(where: \.isEndpoint)) {
      endpoints[location] = nil
      missing[endpoint] = nil
      changes.append("data collection endpoint for \(location) forgotten: it was taken away")
    }
  }
}

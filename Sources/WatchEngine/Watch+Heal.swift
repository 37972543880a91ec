public import RecoveryCore

/// Healing one machine because a person or a recovery plan's runbook asks for it.
extension Watch {
  public enum HealResult: Sendable {
    case healed(Heal)
    /// Every leg is well; whether data flows could not be seen.
    case unverified(Heal, String)
    /// Nothing was broken.
    case alreadyWell
    case parked(String)
    /// It could not be finished in the time that was given; the daemon goes on with it.
    case unfinished(Reason)
    /// The machine is not the live machine of an item in the configured vaults: nothing is touched.
    case notLive(String)
  }

  /// Heals the machine and returns when it is verified, given up, or the deadline has passed.
  public func heal(_ machine: ResourceID, within deadline: Duration) async throws -> HealResult {
    let end = time.now + deadline
    _ = try await fleet.load { _ in Void?.none }
    guard let item = try await find(machine) else {
      return .notLive("no protected item in the configured vaults has \(machine) as its live machine")
    }
    let key = await fleet.key(of: item)
    var isCommanded = false
    var listed: ProtectedItem? = item
    while time.now < end {
      let next = await worker.handle(key, for: Occasion(listed: listed)) ?? time.now
      listed = nil
      guard let state = await fleet.state(key) else { return .notLive("the item of \(machine) is not known") }
      if state.transition == nil, let live = state.live, live.id != machine {
        return .notLive("the live machine of item \(state.name) is \(live.id)")
      }
      if state.transition == nil, !state.isHealing {
        if isCommanded, let result = HealResult(of: state) { return result }
        if !isCommanded {
          if let heal = state.heal, heal.status == .healed, state.reason == .healed { return .healed(heal) }
          isCommanded = true
          try await fleet.commit(JournalChange(item: decider.command(state, at: time.now)))
          continue
        }
      }
      try await time.sleep(until: min(next, end))
    }
    return .unfinished(await fleet.state(key)?.reason ?? .firstSight)
  }

  private func find(_ machine: ResourceID) async throws(Fault) -> ProtectedItem? {
    for vault in settings.vaults {
      var pages = cloud.itemPages(of: vault)
      while let page = try await pages.next() {
        if let item = page.items.first(where: { $0.isAzureToAzure && $0.liveMachineID == machine }) { return item }
      }
    }
    return nil
  }
}

extension Watch.HealResult {
  /// How what a person has commanded came out; nil while it is under way.
  public init?(of state: ItemState) {
    switch (state.heal?.status, state.heal) {
    case (.healed, let heal?): self = .healed(heal)
    case (.healedUnverified(let why), let heal?): self = .unverified(heal, why)
    case (.parked(let why), _): self = .parked(why)
    case (.abandoned(let why), _): self = .parked("abandoned: \(why)")
    case (nil, _):
      switch state.reason {
      case .allWell: self = .alreadyWell
      case .nothingDesired, .nothingKnown:
        self = .parked("neither a baseline nor a profile says what this machine must have")
      default: return nil
      }
    default: return nil
    }
  }
}

/// Whether a failover of the item is complete: the live machine changed, and nine conditions hold on two looks.
///
/// One rule covers failover, failback, failing over again, zone to zone, and a failover plus re-protect that happened
/// while nobody watched.
extension Deliberation {
  /// Nil when the settled live machine is still the live one and its health can be looked at.
  mutating func failover(of item: ProtectedItem) -> Conclusion? {
    guard let candidate = item.liveMachineID, item.isActiveAtPrimary || item.isActiveAtRecovery else {
      return unknown(item, reason: item.isActiveAtRecovery || item.isActiveAtPrimary ? .noLiveMachine : .stateUnknown)
    }
    guard let live = state.live else { return meet(item, candidate) }
    if candidate == live.id {
      guard item.isBusyWithAnythingButReprotect, isFailover(item.scenario) else {
        if isAnother(under: live, item) {
          state.hasSoughtSource = true
          return move(item, from: live.id, to: candidate)
        }
        state.transition = nil
        unsay(prefix: "transition.")
        // The machine is the known one and is looked after; a person should hear of the state all the same.
        if item.protectionState.meaning == .unknown { sayUnknown(item, .stateUnknown) }
        return nil
      }
      begin(nil, item)
      return wait(.failoverRunning)
    }
    return move(item, from: live.id, to: candidate)
  }

  /// The failover that was noticed has succeeded, and another one back, and nobody could look in between. Of a machine
  /// that was never read only the time of the last success tells that another one is under its id now.
  private func isAnother(under live: MachineIdentity, _ item: ProtectedItem) -> Bool {
    guard let transition = state.transition, live.vmID == nil, let last = item.lastSuccessfulFailover else {
      return false
    }
    return last != transition.succeededBefore
  }

  /// First sight: the live machine is remembered as it is; only an item that is failed over or reversed explains
  /// breakage that is found.
  private mutating func meet(_ item: ProtectedItem, _ candidate: ResourceID) -> Conclusion? {
    if item.isBusyWithAnythingButReprotect, isFailover(item.scenario) {
      // While it runs the source is still the live machine: what comes after it is then seen as a change.
      if item.isActiveAtPrimary { state.live = MachineIdentity(id: candidate, vmID: nil) }
      begin(nil, item)
      return wait(.failoverRunning)
    }
    guard item.protectionState.meaning != .unknown else { return unknown(item, reason: .stateUnknown) }
    if item.isTestMachine(candidate) { return wait(.machineIsTestMachine) }
    state.transition = nil
    unsay(prefix: "transition.")
    let live = MachineIdentity(id: candidate, vmID: nil)
    state.live = live
    if item.isFailedOverOrReversed {
      state.failover = Failover(
        id: joined, cause: .foundFailedOver, from: nil, to: live, noticed: now, completed: now,
        cloudTime: item.lastSuccessfulFailover)
      state.nextLook = now
    } else {
      // The first looks of a fleet are spread over the period, so that a start is no storm.
      let share = Spread.fraction(of: state.key.text)
      state.nextLook = now + .milliseconds(Int64(Double(policy.machine.inMilliseconds) * share))
    }
    return nil
  }

  /// The item names another live machine than the settled one.
  private mutating func move(
    _ item: ProtectedItem, from source: ResourceID, to candidate: ResourceID
  ) -> Conclusion? {
    begin(candidate, item)
    abandonHeal(because: "the live machine of the item changed")
    if let early = seekSourceBeforeItGoes(source) { return early }
    switch (item.protectionState.meaning, item.isActiveAtRecovery) {
    case (.failedOver, true), (.protected, false): break
    case (.unknown, _): return unknown(item, reason: .stateUnknown)
    default: return wait(.failoverRunning)
    }
    if item.isBusyWithAnythingButReprotect { return wait(.failoverRunning) }
    if item.isTestMachine(candidate) { return wait(.machineIsTestMachine) }

    let machine: Machine
    switch seen.machine {
    case .notRead: return (.mustReadMachine, .readMachine(candidate, associations: false))
    case .failed(let fault): return unreadable(fault)
    case .absent: return wait(.machineNotVisible)
    case .found(let found) where found.id != candidate:
      return (.mustReadMachine, .readMachine(candidate, associations: false))
    case .found(let found): machine = found
    }
    readable()
    if machine.isBusy || machine.isBeingDeleted { return wait(.machineProvisioning) }
    if !isInPlace(machine, item.livePlace) {
      return wait(.machineElsewhere, fields: ["location": machine.location, "expected": item.livePlace.location])
    }
    if wasSeenBefore(machine) { return wait(.machineSeenBefore) }
    if !machine.isRunning { return wait(.machineNotRunning, fields: ["power": machine.power?.text ?? "none"]) }
    if !machine.isAgentReady {
      return wait(.agentNotReady, fields: ["agent": machine.agent?.status?.text ?? "none"])
    }
    guard let confirmed = state.transition?.firstConfirmed else {
      state.transition?.firstConfirmed = now
      return (.confirming, again(in: policy.confirmAfter))
    }
    guard asked - confirmed >= policy.confirmAfter else {
      return (.confirming, .lookAgain(max(now, confirmed + policy.confirmAfter)))
    }
    // A list may lag: what it says is not enough to take the machine for the live one.
    guard seen.itemIsFresh else { return (.mustReadItem, .readItem) }
    complete(.liveMachineChanged, machine, cloudTime: item.lastSuccessfulFailover ?? machine.created)
    return nil
  }

  /// The failover is complete: the machine is the live one from now on.
  mutating func complete(_ cause: Failover.Cause, _ machine: Machine, cloudTime: Timestamp?) {
    let old = state.live
    if let old {
      state.former.removeAll { $0 == old }
      state.former = [old] + state.former.prefix(7)
    }
    state.failover = Failover(
      id: state.transition?.failoverID ?? joined, cause: cause, from: old, to: machine.pair,
      noticed: state.transition?.since ?? now, completed: now,
      cloudTime: cloudTime)
    state.transition = nil
    state.live = machine.pair
    state.legs = []
    state.suspicions = []
    // Of a machine of which nothing was known, the next failover leaves nothing more to know: its example is not one.
    state.said = state.said.isDisjoint(with: Deliberation.unknownMarks) ? [] : ["baseline.before"]
    state.hasSoughtSource = false
    state.held = nil
    state.approved = nil
    state.healedAt = nil
    state.nextLook = now
    say(
      .failoverCompleted, machine: machine.id,
      fields: [
        "cause": cause.rawValue, "from": old?.id.text ?? "unknown", "location": machine.location,
        "vmId": machine.vmID, "protectionState": state.protectionState.text,
        "os": machine.operatingSystem?.rawValue ?? "unknown",
      ])
  }

  /// The failover that the item joins now.
  private var joined: String { seen.fleet.failover(of: state.vault, after: state.failover?.id, at: now) }

  // MARK: - Waiting

  private mutating func begin(_ candidate: ResourceID?, _ item: ProtectedItem) {
    if var transition = state.transition {
      if transition.candidate != candidate {
        transition.candidate = candidate
        transition.firstConfirmed = nil
        state.transition = transition
      }
    } else {
      state.transition = Transition(
        candidate: candidate, since: now, failoverID: joined, succeededBefore: item.lastSuccessfulFailover)
    }
    say(
      once: "transition.noticed", .failoverNoticed, machine: candidate,
      fields: ["protectionState": item.protectionState.text, "scenario": item.scenario ?? "None"])
  }

  /// Until the condition holds. Each new reason is said once, and all of it together has a deadline.
  private mutating func wait(_ reason: Reason, fields: [String: String] = [:]) -> Conclusion {
    state.transition?.firstConfirmed = nil
    let candidate = state.transition?.candidate
    say(
      once: "transition.\(reason.rawValue)", .failoverWaiting, machine: candidate,
      fields: fields.merging(["reason": reason.rawValue]) { given, _ in given })
    if let since = state.transition?.since, now - since > policy.readyWithin {
      say(
        once: "transition.overdue", .failoverOverdue, machine: candidate,
        fields: [
          "reason": reason.rawValue, "waited": (now - since).brief,
          "remedy": "Look at the machine and at the failover job in the vault; it is still waited for.",
        ])
    }
    return (reason, again(in: policy.machineMoving))
  }

  /// Something about the item is not known: in between, alerted, and never "done".
  private mutating func unknown(_ item: ProtectedItem, reason: Reason) -> Conclusion {
    state.transition?.firstConfirmed = nil
    sayUnknown(item, reason)
    return (reason, again(in: policy.machineMoving))
  }

  private mutating func sayUnknown(_ item: ProtectedItem, _ reason: Reason) {
    say(
      once: "state", .stateUnknown,
      fields: [
        "protectionState": item.protectionState.text, "activeLocation": item.activeLocation, "reason": reason.rawValue,
        "remedy": "No new live machine is accepted while the state lasts; report it if it does not pass.",
      ])
  }

  private func isFailover(_ scenario: String?) -> Bool {
    guard let scenario = scenario?.lowercased(), !scenario.contains("test") else { return false }
    return scenario.contains("failover") || scenario.contains("failback") || scenario == "changepit"
  }

  private func isInPlace(_ machine: Machine, _ place: ProtectedItem.Place) -> Bool {
    if !place.location.isEmpty, !machine.location.isEmpty, machine.location != place.location { return false }
    guard let zone = place.zone, let actual = machine.zones.first else { return true }
    return zone == actual
  }

  /// A machine of an earlier life under the same pair of ids is not the new one.
  private func wasSeenBefore(_ machine: Machine) -> Bool {
    state.former.contains { $0.id == machine.id && $0.vmID == machine.pair.vmID }
  }
}

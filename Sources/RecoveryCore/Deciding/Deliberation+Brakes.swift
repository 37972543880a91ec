/// What keeps a heal from starting, or from going further. The decision is made all the same, and says so.
extension Deliberation {
  /// Why a heal of the machine must not start now; nil when it may.
  mutating func hold(on machine: Machine) -> Reason? {
    if let reason = optOut(machine) { return reason }
    // A person has asked for this one.
    if state.failover?.cause == .commanded { return nil }
    switch policy.mode {
    case .observe: return .observeOnly
    case .approve where state.approved == nil: return .awaitingApproval
    case .approve, .heal: break
    }
    return seen.fleet.hold(of: state.key, at: now)
  }

  /// A heal is held: said once a reason, with what it would do.
  mutating func held(by reason: Reason, _ steps: [Step]) -> Conclusion {
    say(
      once: "held.\(reason.rawValue)", .healHeld, level: reason == .heldByInFlight ? .info : .warning,
      fields: [
        "reason": reason.rawValue, "steps": steps.map(\.title).joined(separator: ", "),
        "remedy": remedy(for: reason),
      ])
    switch reason {
    case .observeOnly, .heldByTag:
      state.held = nil
      return rest(reason)
    default:
      _ = rest(reason)
      state.held = Held(reason: reason, since: state.held?.since ?? now)
      return (reason, again(in: policy.machineMoving))
    }
  }

  /// A held machine is not read over and over: what holds it is known without.
  mutating func stillHeld() -> Conclusion? {
    guard state.held != nil, now < state.nextLook else { return nil }
    let reason: Reason? =
      policy.mode == .approve && state.approved == nil
      ? .awaitingApproval : seen.fleet.hold(of: state.key, at: now)
    guard let reason else {
      state.nextLook = now
      return nil
    }
    state.held?.reason = reason
    return (reason, again(in: policy.machineMoving))
  }

  /// Why a heal that is under way must not take this step now.
  ///
  /// While a person has paused the watch nothing further is taken apart; what was, is put together again. And until the
  /// first extension is worked on, a heal is held by whatever holds those that have not started.
  func hold(before step: Step) -> Reason? {
    guard step.state == .pending, let heal = state.heal, state.failover?.cause != .commanded else { return nil }
    if seen.fleet.brakes.pause != nil, !heal.finishesWhatWasBegun(step) { return .heldByPause }
    guard heal.wouldBegin(with: step) else { return nil }
    return seen.fleet.hold(of: state.key, trying: heal.canaries, at: now)
  }

  /// Between the start of a heal and its first extension a person may have changed his mind.
  mutating func isOptedOut(_ machine: Machine, before step: Step) -> Bool {
    guard let heal = state.heal, heal.wouldBegin(with: step) else { return false }
    return optOut(machine) != nil
  }

  private mutating func optOut(_ machine: Machine) -> Reason? {
    switch policy.brakes.optOut(machine.tags) {
    case .yes: return .heldByTag
    case .no: return nil
    case .unclear(let value):
      say(
        once: "tag", .tagUnclear,
        fields: [
          "tag": policy.brakes.optOutTag, "value": value,
          "remedy": "It opts out with 'off' and in with 'on'; with this value the machine is healed like any other.",
        ])
      return nil
    }
  }

  /// Something breaks the machine anew: healing it once more would only hide that.
  func isFlapping() -> Bool {
    guard state.failover?.cause != .commanded, let healed = state.healedAt else { return false }
    let brakes = policy.brakes
    return healed.count { now - $0 < brakes.flapPeriod } >= brakes.flapHeals
  }

  func remedy(for reason: Reason) -> String {
    let fleet = seen.fleet
    switch reason {
    case .observeOnly: return "Set mode: heal, or run `aftercare heal` for the machine."
    case .awaitingApproval: return "Run `aftercare approve \(state.name)`, or `aftercare approve --all`."
    case .heldByPause: return "Run `aftercare resume`; it was paused because: \(fleet.brakes.pause?.reason ?? "")"
    case .heldByFailures:
      let until = fleet.brakes.trip.map { "; else it is tried again at \($0.until.iso8601)" } ?? ""
      return "Look at the parked machines, then run `aftercare resume`\(until)."
    case .heldByWindow: return "Nothing: it starts in the next window; `aftercare heal` does not wait for one."
    case .heldByTag: return "Remove the tag '\(policy.brakes.optOutTag)' from the machine if it is to be healed."
    case .heldByInFlight: return "Nothing: \(fleet.inFlight) heals are under way, and it starts when one ends."
    case .heldByCanary: return "Nothing: another machine tries the same extension first."
    default: return "Look at the machine; the heal goes on by itself once the reason is gone."
    }
  }
}

extension Heal {
  /// Whether the step only puts together again what an earlier one took apart, or looks.
  func finishesWhatWasBegun(_ step: Step) -> Bool {
    switch step.work {
    case .verify, .dissociate: true
    case .install: steps.contains { $0.isRemoval && $0.extensionKind == step.extensionKind && $0.attempts > 0 }
    case .ensureIdentity, .remove, .associate: false
    }
  }

  /// When an extension was worked on for the first time; nil as long as none was. From then on the machine is one that
  /// tries its types for the others, and is put together again whatever comes.
  public var beganExtensions: Timestamp? {
    if round > 1 { return started }
    return steps.lazy.filter { $0.extensionKind != nil && $0.attempts > 0 }.map { $0.firstIntended ?? started }.min()
  }

  /// Whether the step would be the first one that works on an extension.
  func wouldBegin(with step: Step) -> Bool { step.extensionKind != nil && beganExtensions == nil }

  /// What it has to install, and may be the first to.
  public var canaries: Set<FleetSummary.Canary> {
    Set(
      steps.compactMap { step in
        guard case .install(let wanted) = step.work, !step.state.isOver else { return nil }
        return FleetSummary.Canary(wanted.kind, on: system)
      })
  }
}

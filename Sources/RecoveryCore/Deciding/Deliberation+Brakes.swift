/// What keeps a heal from starting, or from going further. The decision is made all the same, and says so.
extension Deliberation {
  /// Why a heal of the machine that would take these steps must not start now; nil when it may.
  mutating func hold(_ steps: [Step], on machine: Machine) -> Reason? {
    if let reason = optOut(machine) { return reason }
    // A person has asked for this one.
    if state.failover?.cause == .commanded { return nil }
    switch policy.mode {
    case .observe: return .observeOnly
    case .approve where state.approved == nil: return .awaitingApproval
    case .approve, .heal: break
    }
    return seen.fleet.hold(of: state.key, installing: steps.canaries(on: machine.operatingSystem), at: now)
  }

  /// A heal is held: said once a reason, with what it would do.
  mutating func held(by reason: Reason, _ steps: [Step], on machine: Machine) -> Conclusion {
    say(
      once: "held.\(reason.rawValue)", .healHeld,
      level: reason == .heldByInFlight || reason == .heldByCanary ? .info : .warning,
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
      state.held = Held(
        reason: reason, since: state.held?.since ?? now, canaries: steps.canaries(on: machine.operatingSystem))
      return (reason, again(in: policy.machineMoving))
    }
  }

  /// A held machine is not read over and over: what holds it is known without.
  mutating func stillHeld() -> Conclusion? {
    guard let held = state.held, now < state.nextLook else { return nil }
    let reason: Reason? =
      policy.mode == .approve && state.approved == nil
      ? .awaitingApproval : seen.fleet.hold(of: state.key, installing: held.canaries, at: now)
    guard let reason else {
      state.nextLook = now
      return nil
    }
    state.held?.reason = reason
    return (reason, again(in: policy.machineMoving))
  }

  /// While a person has paused the watch nothing further is taken apart. What was, is put together again.
  func isHeldByPause(_ step: Step) -> Bool {
    guard seen.fleet.brakes.pause != nil, state.failover?.cause != .commanded else { return false }
    return !(state.heal?.finishesWhatWasBegun(step) ?? true)
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

  private func remedy(for reason: Reason) -> String {
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
    default: return "Nothing: it goes on by itself."
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

  /// What it would be the first to install.
  public var canaries: Set<FleetSummary.Canary> { steps.canaries(on: system) }
}

extension [Step] {
  func canaries(on system: OperatingSystem?) -> Set<FleetSummary.Canary> {
    Set(
      compactMap { step in
        guard case .install(let wanted) = step.work, !step.state.isOver else { return nil }
        return FleetSummary.Canary(wanted.kind, on: system)
      })
  }
}

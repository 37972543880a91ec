/// How the live machine is, and whether that asks for a heal.
extension Deliberation {
  mutating func health() -> Conclusion {
    // Nothing to look at until a sweep shows something new.
    guard let live = state.live else { return (.noLiveMachine, again(in: policy.machine)) }
    let isHealing = state.isHealing
    if isHealing, let early = healBeforeReading() { return early }
    if !isHealing, let held = stillHeld() { return held }
    let isMoving = state.failover.map { !$0.isSettled } ?? false
    // A look that is not due costs nothing, unless the machine was read anyhow.
    if case .notRead = seen.machine {
      guard isHealing || now >= state.nextLook else { return (.notDueYet, .lookAgain(state.nextLook)) }
      return (.mustReadMachine, .readMachine(live.id, associations: wantsAssociations))
    }
    state.lastLook = now
    switch seen.machine {
    case .notRead: return (.mustReadMachine, .readMachine(live.id, associations: wantsAssociations))
    case .failed(let fault): return unreadable(fault)
    case .absent: return gone(live)
    case .found(let machine):
      if machine.id != live.id { return (.mustReadMachine, .readMachine(live.id, associations: wantsAssociations)) }
      readable()
      recognise(machine)
      let healing = state.heal.flatMap { $0.status.isRunning ? $0.desired : nil }
      guard let desired = healing ?? desired(for: machine).map(asDrill) else {
        return (.mustReadBaseline, .readBaseline)
      }
      // Not before: whoever dies while the baseline is read has learned nothing, and must read them again soon.
      if machine.associations != nil { state.lastAssociationsLook = now }
      let before = state.legs
      state.legs = Judge(explainedBy: state.failover).legs(of: machine, wanting: desired)
      // Not of a machine that has just been recognised as another one: of that nothing is known yet.
      if machine.associations == nil, state.failover?.isSettled ?? true { keepWellAssociations(of: before) }
      if state.isHealing { return heal(machine) }
      return consider(machine, desired, isMoving: isMoving || (state.failover.map { !$0.isSettled } ?? false))
    }
  }

  /// Associations are asked for in one look of many. One that was well then counts as well until they are asked for
  /// again, unless a failover is why the machine is looked at.
  private mutating func keepWellAssociations(of before: [LegVerdict]) {
    for index in state.legs.indices where state.legs[index].finding == .unjudged {
      guard case .association = state.legs[index].leg,
        let known = before.first(where: { $0.leg == state.legs[index].leg }), known.finding == .healthy
      else { continue }
      state.legs[index] = known
    }
  }

  private var wantsAssociations: Bool {
    guard decider.requirements.readsAssociations else { return false }
    if case .parked = state.heal?.status { return true }
    // After a failover they are asked for once the machine is ready and nothing else is known to be broken.
    if state.isHealing || state.failover.map({ !$0.isSettled }) ?? false { return false }
    return state.lastAssociationsLook.map { now - $0 >= policy.baseline } ?? true
  }

  /// The pair of id and `vmId` tells a replaced machine (the recovery point was changed) from the old one.
  private mutating func recognise(_ machine: Machine) {
    guard let live = state.live else { return }
    if live.vmID == nil {
      state.live = machine.pair
      state.failover?.to = machine.pair
      if state.failover?.cloudTime == nil { state.failover?.cloudTime = machine.created }
    } else if !live.matches(machine.pair) {
      abandonHeal(because: "the machine was replaced by a new one under its id")
      complete(.machineReplaced, machine, cloudTime: machine.created)
    }
  }

  // MARK: - A machine that no heal is working on

  private mutating func consider(_ machine: Machine, _ desired: DesiredState, isMoving: Bool) -> Conclusion {
    if state.key.isDrill, !isMoving { return rest(state.heal == nil ? .testFailoverReported : state.reason) }
    if isMoving {
      if let source = seekSource(of: machine, wanting: desired) { return source }
      saySetAside(desired)
    } else {
      learn(from: machine)
      // What was learned just now is what the machine must have from now on.
      if seen.baseline == .none, learned != nil { return (.mustReadBaseline, .readBaseline) }
    }
    let isStillUnknown = isStillUnknown(desired)
    if desired.isEmpty || isStillUnknown {
      return nothingDesired(isUnknown: isMoving && (desired.sources.isEmpty || isStillUnknown))
    }
    unsay(prefix: "baseline")
    if !machine.isRunning || !machine.isAgentReady {
      return unready(machine, isMoving: isMoving)
    }
    unsay(prefix: "unready.")
    if machine.isBusy || state.legs.contains(where: { $0.finding == .inFlight }) {
      return (.operationInFlight, soon(isMoving))
    }
    let suspects = judgeSuspects(isExplained: isMoving)
    let broken = state.legs.filter { $0.finding.isBroken } + (isMoving ? suspects.ripe : [])
    if isMoving, broken.isEmpty, let early = associations(of: machine) { return early }
    let unexplained =
      state.legs.filter { $0.finding == .absent || $0.finding == .unknown }
      + (isMoving ? [] : state.legs.filter { $0.finding.isBroken } + suspects.ripe)
    if case .parked = state.heal?.status, isHealOfLive {
      if broken.isEmpty, suspects.unripe.isEmpty, unexplained.isEmpty {
        sayWell()
        state.failover?.isSettled = true
        return rest(.allWell)
      }
      return rest(.parked)
    }
    if isMoving, !broken.isEmpty { return begin(machine, desired, healing: broken) }
    if policy.brakes.healsUnexplained, unexplained.contains(where: { $0.finding != .unknown }) {
      return explainByPolicy(machine, desired, suspects.ripe)
    }
    for verdict in unexplained {
      say(
        once: "unexplained.\(verdict.leg)", .legUnexplained,
        fields: [
          "leg": verdict.leg.description, "finding": verdict.finding.rawValue, "evidence": verdict.evidence,
          "remedy": "No failover explains this, so it is not touched: see whether it was removed on purpose.",
        ])
    }
    for verdict in state.legs where verdict.finding == .healthy {
      if state.said.contains("unexplained.\(verdict.leg)") {
        unsay("unexplained.\(verdict.leg)")
        say(.legWell, fields: ["leg": verdict.leg.description])
      }
    }
    if !suspects.unripe.isEmpty { return (.underSuspicion, soon(true)) }
    if !unexplained.isEmpty {
      // A leg that stays unknown after a failover is said, and looked at in the slow rhythm from then on.
      state.failover?.isSettled = true
      return rest(.unexplained)
    }
    if isMoving {
      sayWell()
      state.failover?.isSettled = true
      learn(from: machine)
    }
    return rest(.allWell)
  }

  /// Said of this failover, or of the one before it: that nothing is known of what the machine must have.
  static let unknownMarks: Set<String> = ["baseline", "baseline.before"]

  /// Whether the alert that nothing is known goes on: an identity that outlived the failover says nothing of the agents
  /// that did not.
  private func isStillUnknown(_ desired: DesiredState) -> Bool {
    !state.said.isDisjoint(with: Deliberation.unknownMarks) && desired.sources == [Requirements.baselineSource]
      && desired.extensions.isEmpty
      && desired.associations.isEmpty
  }

  /// After a failover it is an alert, which lasts until somebody says what the machine must have, or it is seen to
  /// have something.
  private mutating func nothingDesired(isUnknown: Bool) -> Conclusion {
    if isUnknown {
      say(
        once: "baseline", .baselineMissing,
        fields: [
          "remedy":
            "Add a profile that matches this machine's OS, tags, location or resource group; its baseline was never learned."
        ])
    }
    state.failover?.isSettled = true
    return rest(state.said.contains("baseline") ? .nothingKnown : .nothingDesired)
  }

  /// The configuration wants what is broken without a failover to be healed like the rest.
  private mutating func explainByPolicy(
    _ machine: Machine, _ desired: DesiredState, _ ripe: [LegVerdict]
  ) -> Conclusion {
    state.failover = Failover(
      cause: .unexplained, from: nil, to: machine.pair, noticed: now, completed: now, cloudTime: nil)
    state.legs = Judge(explainedBy: state.failover).legs(of: machine, wanting: desired)
    let legs = Set(ripe.map(\.leg))
    return begin(
      machine, desired, healing: state.legs.filter { $0.finding.isBroken || legs.contains($0.leg) })
  }

  private var isHealOfLive: Bool {
    guard let heal = state.heal, let live = state.live else { return false }
    return heal.machine.matches(live)
  }

  private mutating func sayWell() {
    say(.legWell, level: .notice, fields: ["leg": "all", "finding": Finding.healthy.rawValue])
  }

  private mutating func unready(_ machine: Machine, isMoving: Bool) -> Conclusion {
    let reason: Reason = machine.isRunning ? .agentNotReady : .machineNotRunning
    guard isMoving, let failover = state.failover else { return rest(reason) }
    say(once: "unready.\(reason.rawValue)", .failoverWaiting, fields: ["reason": reason.rawValue])
    if now - failover.completed > policy.readyWithin {
      say(
        once: "unready.overdue", .failoverOverdue,
        fields: [
          "reason": reason.rawValue, "waited": (now - failover.completed).brief,
          "remedy": "Start the machine and its guest agent; it is still waited for.",
        ])
    }
    return (reason, again(in: policy.machineMoving))
  }

  /// Counts the looks at suspect legs. Ripe ones have looked bad for longer than healthy machines do.
  private mutating func judgeSuspects(isExplained: Bool) -> (ripe: [LegVerdict], unripe: [LegVerdict]) {
    let suspects = state.legs.filter { $0.finding == .suspect }
    state.suspicions = suspects.map { verdict in
      if var known = state.suspicions.first(where: { $0.leg == verdict.leg }) {
        known.looks += 1
        return known
      }
      return Suspicion(leg: verdict.leg, since: now, looks: 1)
    }
    var ripe: [LegVerdict] = []
    var unripe: [LegVerdict] = []
    for (verdict, suspicion) in zip(suspects, state.suspicions) {
      let isRipe = asked - suspicion.since >= policy.suspectGrace && suspicion.looks >= policy.suspectLooks
      if isRipe { ripe.append(verdict) } else { unripe.append(verdict) }
      if suspicion.looks == 1 {
        say(
          once: "suspect.\(verdict.leg)", .legSuspect, level: .info,
          fields: ["leg": verdict.leg.description, "evidence": verdict.evidence])
      }
    }
    if suspects.isEmpty { unsay(prefix: "suspect.") }
    return (ripe, unripe)
  }

  // MARK: - A machine that cannot be read

  mutating func unreadable(_ fault: Fault) -> Conclusion {
    state.failedReads += 1
    say(
      once: "unreadable.\(fault.kind.rawValue)", .machineUnreadable,
      machine: state.transition?.candidate ?? state.live?.id, fields: fault.fields)
    let wait = max(
      policy.backOff.wait(after: state.failedReads, seed: state.key.text), fault.retryAfter ?? .zero)
    return (.machineUnreadable, again(in: wait))
  }

  mutating func readable() {
    guard state.failedReads > 0 else { return }
    state.failedReads = 0
    unsay(prefix: "unreadable.")
    unsay("gone")
    say(.machineReadable)
  }

  private mutating func gone(_ live: MachineIdentity) -> Conclusion {
    state.failedReads += 1
    // A test machine comes and goes; the item tells when the test is over.
    if state.key.isDrill { return (.machineNotVisible, again(in: policy.machineMoving)) }
    // A new machine may answer 404 from some ARM front ends for seconds: one look proves nothing.
    if state.failedReads >= 3 {
      say(
        once: "gone", .machineGone, machine: live.id,
        fields: ["remedy": "The vault names a machine that does not exist: disable its protection if that is meant."])
      abandonHeal(because: "the machine does not exist any more")
    }
    let isMoving = state.isOnTheMove && state.failedReads < 20
    return isMoving ? (.machineNotVisible, again(in: policy.machineMoving)) : rest(.machineNotVisible)
  }

  // MARK: - When to look again

  /// The slow rhythm, a little different for each machine so that a fleet stays spread.
  mutating func rest(_ reason: Reason) -> Conclusion {
    let share = 0.9 + 0.2 * Spread.fraction(of: "\(state.key.text)@\(now.milliseconds)")
    state.nextLook = now + .milliseconds(Int64(Double(policy.machine.inMilliseconds) * share))
    return (reason, .lookAgain(state.nextLook))
  }

  private mutating func soon(_ isMoving: Bool) -> Decision.Action {
    let next = now + policy.machineMoving
    if !isMoving { state.nextLook = next }
    return .lookAgain(next)
  }
}

extension Fault {
  /// What an event tells of a fault.
  public var fields: [String: String] {
    var fields = ["fault": kind.rawValue, "code": code, "cause": message, "resource": resource, "remedy": remedy]
    if let status { fields["status"] = String(status) }
    if let correlationID { fields["correlationId"] = correlationID }
    return fields
  }
}

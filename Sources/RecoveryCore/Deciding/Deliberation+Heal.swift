/// One heal, from its start to its end: which step comes next, and when it is over.
extension Deliberation {
  /// Starts a heal of the broken legs, or says what holds it.
  mutating func begin(_ machine: Machine, _ desired: DesiredState, healing broken: [LegVerdict]) -> Conclusion {
    // A list may lag: before anything is touched the item itself is asked.
    guard seen.itemIsFresh else { return (.mustReadItem, .readItem) }
    // An association that is not known to be there is written: where it is there, that changes nothing.
    let unread = state.legs.filter { $0.leg.isAssociation && $0.finding == .unjudged }
    let steps = Planner.steps(for: desired, healing: broken + unread)
    if state.key.isDrill, policy.testFailover != .heal { return associations(of: machine) ?? report(steps, broken) }
    for verdict in broken {
      say(
        once: "broken.\(verdict.leg)", .legBroken,
        fields: [
          "leg": verdict.leg.description, "finding": verdict.finding.rawValue, "evidence": verdict.evidence,
          "origin": desired.origins[verdict.leg.description] ?? "unknown",
        ])
    }
    if let reason = hold(on: machine) {
      // What passes by itself is waited for without them; who shows a person what he would do knows them.
      if reason != .heldByInFlight, let early = associations(of: machine) { return early }
      return held(by: reason, steps)
    }
    state.held = nil
    unsay(prefix: "held.")
    state.heal = Heal(
      id: "\(Spread.hexadecimal(of: state.key.text))-\(now.milliseconds)", item: state.key, machine: machine.pair,
      location: machine.location, system: machine.operatingSystem, desired: desired, steps: steps, started: now)
    if isFlapping() {
      return park(
        "healed \(policy.brakes.flapHeals) times within \(policy.brakes.flapPeriod.brief), and broken again",
        remedy: "Find out what breaks it; then run `aftercare retry` for it.")
    }
    say(
      .healStarted,
      fields: [
        "steps": steps.map(\.title).joined(separator: ", "), "sources": desired.sources.joined(separator: ", "),
        "location": machine.location,
      ])
    return self.heal(machine)
  }

  /// What can be said of a running heal without reading its machine.
  mutating func healBeforeReading() -> Conclusion? {
    failDependents()
    guard let heal = state.heal else { return nil }
    guard let step = heal.next(at: now) else {
      if let nextTry = heal.nextTry { return (.backOff, .lookAgain(nextTry)) }
      return heal.steps.contains { $0.state == .failed } ? finishFailed() : nil
    }
    if let reason = hold(before: step) { return stall(reason) }
    if step.state == .accepted { return (.stepResumes, .perform(step: step.ordinal)) }
    guard case .notRead = seen.machine else { return nil }
    return afterInstall(step, heal)
  }

  /// A machine that has just taken an install would be read to no purpose: an association is a resource of its own, and
  /// asks for no more than that; and the guest agent has not reported yet, where others of the kind needed longer.
  private mutating func afterInstall(_ step: Step, _ heal: Heal) -> Conclusion? {
    guard let installed = heal.lastInstall?.ended, now - installed < policy.machineMoving else { return nil }
    switch step.work {
    case .associate where step.state == .pending:
      goOn()
      intend(step)
      return (.stepRuns, .perform(step: step.ordinal))
    case .verify:
      let ready = installed + min(seen.fleet.usual(step, of: heal) ?? .zero, policy.machineMoving)
      return now < ready ? (.verifying, .lookAgain(ready)) : nil
    default: return nil
    }
  }

  /// The heal goes on with the machine as it is now.
  mutating func heal(_ machine: Machine) -> Conclusion {
    failDependents()
    guard let heal = state.heal, heal.status.isRunning else { return rest(.healAbandoned) }
    if machine.isBeingDeleted {
      abandonHeal(because: "the machine is being deleted")
      return rest(.healAbandoned)
    }
    guard let step = heal.next(at: now) else {
      if let nextTry = heal.nextTry { return (.backOff, .lookAgain(nextTry)) }
      return finishFailed()
    }
    if step.state == .accepted { return (.stepResumes, .perform(step: step.ordinal)) }
    if let reason = hold(before: step) { return stall(reason) }
    if isOptedOut(machine, before: step) {
      abandonHeal(because: "the tag '\(policy.brakes.optOutTag)' opts the machine out")
      return rest(.heldByTag)
    }
    if !machine.isRunning { return stall(.machineNotRunning) }
    if !machine.isAgentReady { return stall(.agentNotReady) }
    if step.work == .verify { return verify(machine, step) }
    if step.state == .intended { return resolve(step, on: machine) }
    if machine.isBusy { return stall(.anotherWriter) }
    return take(step, on: machine)
  }

  // MARK: - The end

  private mutating func verify(_ machine: Machine, _ step: Step) -> Conclusion {
    let now = now
    if step.firstIntended == nil {
      change(step.ordinal) { $0.firstIntended = now }
      say(.stepStarted, fields: ["step": step.title])
    }
    let since = step.firstIntended ?? now
    let open = state.legs.filter { $0.finding != .healthy }
    // While the agents are waited for, what the machine is associated with does not matter yet.
    let isLastLook = asked - since >= policy.verifyWithin
    let mattersNow = isLastLook || open.allSatisfy { $0.finding == .unjudged }
    if mattersNow, let early = associations(of: machine) { return early }
    if open.isEmpty, hasAgentSpoken(machine, since) {
      if decider.requirements.usesBaselines, seen.baseline == .notRead { return (.mustReadBaseline, .readBaseline) }
      if let waiting = awaitData(of: machine) { return waiting }
      change(step.ordinal) {
        $0.state = .succeeded
        $0.ended = now
      }
      let conclusion = finishHealed(machine)
      learn(from: machine)
      return conclusion
    }
    if !isLastLook { return (.verifying, again(in: policy.machineMoving)) }
    let words = open.map { "\($0.leg): \($0.evidence)" }.joined(separator: "; ")
    guard let round = state.heal?.round, round < policy.rounds else {
      return park("verification failed after \((now - since).brief): \(words)")
    }
    let desired = state.heal?.desired ?? DesiredState()
    say(.healAgain, fields: ["round": String(round + 1), "evidence": words])
    state.heal?.steps = Planner.steps(for: desired, healing: open.filter { $0.finding != .inFlight })
    state.heal?.round = round + 1
    return heal(machine)
  }

  /// Asks what the machine is associated with, where that matters and is not known.
  mutating func associations(of machine: Machine) -> Conclusion? {
    guard machine.associations == nil, state.legs.contains(where: { $0.leg.isAssociation }) else { return nil }
    return (.mustReadAssociations, .readAssociations(machine.id))
  }

  /// A view that was rendered before the install proves nothing: the guest agent must have reported since, by Azure's
  /// own clock. Where its time does not move, two looks a confirmation apart must do.
  private func hasAgentSpoken(_ machine: Machine, _ verifyingSince: Timestamp) -> Bool {
    guard let before = state.heal?.agentReportedBeforeInstall, let reported = machine.agent?.reported else {
      return true
    }
    return reported > before || asked - verifyingSince >= policy.confirmAfter
  }

  private mutating func finishHealed(_ machine: Machine) -> Conclusion {
    guard let heal = state.heal else { return rest(.healed) }
    var fields = ["took": (now - heal.started).brief, "rounds": String(heal.round)]
    if let failover = state.failover { fields["sinceFailover"] = (now - failover.completed).brief }
    fields.merge(logGap(machine)) { $1 }
    if state.reprotect != .notFailedOver { fields["reprotect"] = state.reprotect.word }
    fields["legs"] = state.legs.map(\.leg.description).joined(separator: ", ")
    if let why = heal.unverified {
      fields["cause"] = why
      fields["remedy"] = "Look for the machine's rows in the workspace; everything that can be seen of it is well."
      say(.healUnverified, fields: fields)
      state.heal?.status = .healedUnverified(why)
    } else {
      say(.healHealed, fields: fields)
      state.heal?.status = .healed
    }
    state.heal?.ended = now
    state.healedAt = (state.healedAt ?? []).suffix(policy.brakes.flapHeals) + [now]
    state.failover?.isSettled = true
    state.suspicions = []
    state.said = []
    return rest(heal.unverified == nil ? .healed : .healedUnverified)
  }

  private mutating func finishFailed() -> Conclusion {
    let failed = state.heal?.steps.filter { $0.state == .failed } ?? []
    let words = failed.compactMap { step in step.fault.map { "\(step.title): \($0.code): \($0.message)" } }
    return park(
      words.isEmpty ? "no step can run" : words.joined(separator: "; "),
      remedy: failed.compactMap(\.fault).first?.remedy)
  }

  /// Stops trying, says so once, and waits for a person.
  private mutating func park(_ why: String, remedy: String? = nil) -> Conclusion {
    say(
      .healParked,
      fields: [
        "cause": why, "remedy": remedy ?? "Look at the legs and at the machine; then run `aftercare heal` for it.",
      ])
    state.heal?.status = .parked(why)
    state.heal?.ended = now
    return rest(.parked)
  }

  mutating func abandonHeal(because why: String) {
    guard state.isHealing else { return }
    say(.healAbandoned, fields: ["cause": why])
    state.heal?.status = .abandoned(why)
    state.heal?.ended = now
  }

  // MARK: - Waiting

  /// The machine, or a brake, keeps the heal from going on. It is said once a reason, and once more when it lasts too long.
  mutating func stall(_ reason: Reason) -> Conclusion {
    let since = state.heal?.waitingSince ?? now
    state.heal?.waitingSince = since
    var fields = ["reason": reason.rawValue]
    if reason.isBrake { fields["remedy"] = remedy(for: reason) }
    say(once: "heal.waiting.\(reason.rawValue)", .healWaiting, fields: fields)
    if now - since >= policy.passingWithin {
      fields["waited"] = (now - since).brief
      fields["remedy"] = remedy(for: reason)
      say(once: "heal.waiting.overdue", .healWaiting, level: .warning, fields: fields)
    }
    // The end of a trial wakes those that wait for it; only one that does not end has to be looked for.
    guard reason == .heldByCanary else { return (reason, again(in: policy.machineMoving)) }
    return (reason, again(in: max(policy.machineMoving, policy.brakes.canaryWithin / 10)))
  }

  mutating func goOn() {
    guard state.heal?.waitingSince != nil else { return }
    state.heal?.waitingSince = nil
    unsay(prefix: "heal.waiting.")
  }

  /// A step that needs a failed one will never run.
  private mutating func failDependents() {
    guard let heal = state.heal, heal.steps.contains(where: { $0.state == .failed }) else { return }
    for step in heal.steps where !step.state.isOver {
      let broken = step.dependencies.first { state.heal?.steps[$0 - 1].state == .failed }
      guard let broken else { continue }
      change(step.ordinal) { $0.state = .failed }
      guard step.work != .verify else { continue }
      say(
        .stepFailed, level: .warning, fields: ["step": step.title, "cause": "step \(broken), which it needs, failed"])
    }
  }

  mutating func change(_ ordinal: Int, _ edit: (inout Step) -> Void) {
    guard var step = state.heal?.steps[ordinal - 1] else { return }
    edit(&step)
    state.heal?.steps[ordinal - 1] = step
  }
}

extension Leg {
  var isAssociation: Bool {
    if case .association = self { return true }
    return false
  }
}

/// What a well machine is learned to have, and what is said of what is not given back.
extension Deliberation {
  /// Learns from the machine when nothing explains a breakage of it: what a failover may have broken is no example.
  mutating func learn(from machine: Machine) {
    guard decider.requirements.usesBaselines, !state.key.isDrill, case let reading = seen.baseline, reading != .notRead,
      let (baseline, changes) = Baseline.learned(
        from: machine, of: state.key, knowing: reading.baseline, forgetAfter: policy.forgetAfter, at: now)
    else { return }
    learned = baseline
    guard !changes.isEmpty else { return }
    say(
      reading.baseline == nil ? .baselineLearned : .baselineChanged, machine: machine.id,
      fields: ["changes": changes.joined(separator: "; "), "parts": String(baseline.parts)])
  }

  /// What the machine must have. Nil when its baseline has to be read first.
  func desired(for machine: Machine) -> DesiredState? {
    guard decider.requirements.usesBaselines else { return decider.requirements.desired(for: machine) }
    switch seen.baseline {
    case .notRead: return nil
    case .none: return decider.requirements.desired(for: machine)
    case .found(let baseline): return decider.requirements.desired(for: machine, baseline: baseline)
    }
  }

  /// A failed-over machine of which nothing was learned: its source tells, for as long as it exists.
  mutating func seekSource(of machine: Machine, wanting desired: DesiredState) -> Conclusion? {
    guard decider.requirements.usesBaselines, !state.key.isDrill, seen.baseline == .none, !state.hasSoughtSource else {
      return nil
    }
    guard let source = state.failover?.from?.id ?? seen.item?.sourceMachineID, source != machine.id else {
      if seen.item == nil { return (.mustReadItem, .readItem) }
      state.hasSoughtSource = true
      return nil
    }
    // The region that was left may be in ruins: it is asked again only when nobody else says what is wanted.
    if seen.source.hasPassingFault, desired.isEmpty, now - (state.failover?.completed ?? now) < policy.readyWithin {
      return (.mustReadSource, again(in: policy.machineMoving))
    }
    return learn(fromSource: source)
  }

  /// A failover is under way and nothing was learned of the machine that it leaves: now it can still be asked, before
  /// a re-protect deletes it.
  mutating func seekSourceBeforeItGoes(_ source: ResourceID) -> Conclusion? {
    guard decider.requirements.usesBaselines, !state.hasSoughtSource else { return nil }
    switch seen.baseline {
    case .notRead: return (.mustReadBaseline, .readBaseline)
    case .found: state.hasSoughtSource = true
    case .none: return seen.source.hasPassingFault ? nil : learn(fromSource: source)
    }
    return nil
  }

  /// Nil when the source has been asked, or cannot be.
  private mutating func learn(fromSource source: ResourceID) -> Conclusion? {
    if case .notRead = seen.source { return (.mustReadSource, .readSource(source)) }
    state.hasSoughtSource = true
    guard case .found(let found) = seen.source else { return nil }
    // Until the failover is complete it is the settled one. Another machine may come under its id, when the item fails
    // back before the new one was ever ready: only its vmId tells the two apart.
    if let live = state.live, live.id == found.id, live.vmID == nil { state.live = found.pair }
    guard let baseline = Baseline.learned(fromSource: found, of: state.key, at: now), baseline.parts > 0
    else { return nil }
    learned = baseline
    say(
      .baselineLearned, machine: found.id,
      fields: [
        "changes": "read from the machine that the failover leaves behind", "parts": String(baseline.parts),
      ])
    return (.mustReadBaseline, .readBaseline)
  }

  /// Said once a failover: a person should know what a heal will not bring back.
  mutating func saySetAside(_ desired: DesiredState) {
    for part in desired.setAside {
      say(
        once: "setAside.\(part.part)", .partSetAside, level: part.reason.wantsPerson ? .warning : .info,
        fields: ["leg": part.part, "reason": part.reason.rawValue, "remedy": part.reason.remedy])
    }
  }
}

extension MachineReading {
  fileprivate var hasPassingFault: Bool {
    if case .failed(let fault) = self { return fault.course == .passes }
    return false
  }
}

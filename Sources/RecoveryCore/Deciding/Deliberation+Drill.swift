/// The machine that a test failover made: judged or healed beside the live one, and forgotten whole when the test is
/// cleaned up.
extension Deliberation {
  mutating func drill() -> Conclusion {
    guard let machine = state.live else { return (.drillEnded, .forget) }
    if let item = seen.item, item.testMachineID != machine.id || policy.testFailover == .ignore {
      state.isListed = false
    }
    // Listed no more, the test is over: what it left behind is removed, whether or not its machine still exists.
    return state.isListed ? health() : cleanUp(after: machine)
  }

  /// What a test machine must have: with a rule of its own for drills, none of its item's.
  func asDrill(_ desired: DesiredState) -> DesiredState {
    guard state.key.isDrill, let rule = policy.testFailoverRule else { return desired }
    var desired = desired
    desired.associations.removeAll { !$0.isEndpoint }
    desired.associations.append(Association(name: "aftercare-test-failover", target: .rule(rule)))
    desired.origins[Leg.association("aftercare-test-failover").description] = "testFailover.rule"
    return desired
  }

  /// A test machine that is only reported on: said once, with what a heal would do.
  mutating func report(_ steps: [Step], _ broken: [LegVerdict]) -> Conclusion {
    say(
      once: "drill", .testFailoverJudged,
      fields: [
        "legs": broken.map { "\($0.leg) \($0.finding.rawValue)" }.joined(separator: ", "),
        "steps": steps.map(\.title).joined(separator: ", "),
      ])
    state.failover?.isSettled = true
    return rest(.testFailoverReported)
  }

  // MARK: - After the test

  /// Associations outlive the machine that they were made for, unless they are deleted.
  private mutating func cleanUp(after machine: MachineIdentity) -> Conclusion {
    abandonHeal(because: "the test failover was cleaned up")
    if state.heal?.isCleanUp != true {
      let made = state.heal?.steps.compactMap { step in step.madeAssociation } ?? []
      guard !made.isEmpty, policy.mode == .heal else { return (.drillEnded, .forget) }
      state.heal = Heal(
        id: "\(Spread.hexadecimal(of: state.key.text))-\(now.milliseconds)", item: state.key, machine: machine,
        location: "", desired: DesiredState(),
        steps: made.enumerated().map { Step(ordinal: $0 + 1, work: .dissociate($1)) }, started: now)
    }
    guard let step = state.heal?.steps.first(where: { !$0.state.isOver }) else {
      state.heal?.status = .healed
      state.heal?.ended = now
      return (.drillEnded, .forget)
    }
    if let notBefore = step.notBefore, notBefore > now { return (.backOff, .lookAgain(notBefore)) }
    // A deletion may be repeated: one of unknown outcome is simply sent again.
    intend(step)
    return (.stepRuns, .perform(step: step.ordinal))
  }
}

extension Heal {
  /// Whether it only takes away what an earlier one made.
  public var isCleanUp: Bool {
    steps.allSatisfy { step in
      if case .dissociate = step.work { return true }
      return false
    }
  }
}

extension Step {
  /// The association that this step may have made.
  fileprivate var madeAssociation: String? {
    guard case .associate(let association) = work, attempts > 0 else { return nil }
    return association.name
  }
}

extension ItemState {
  /// The state of a test failover that is seen for the first time.
  init(drill key: ItemKey, of item: ProtectedItem, at now: Timestamp) {
    self.init(key: key, item: item, at: now)
    name = "\(item.friendlyName) (test failover)"
    lifecycleID = nil
    guard let machine = item.testMachineID else { return }
    let live = MachineIdentity(id: machine, vmID: nil)
    self.live = live
    failover = Failover(cause: .testFailover, from: nil, to: live, noticed: now, completed: now, cloudTime: nil)
  }
}

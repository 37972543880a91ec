/// Decides what follows from seeing one item once. Pure: the same state, observation and time give the same answer, so
/// that one seed replays everything.
///
/// Level-based: it is not told what happened, it reads what is. A late, doubled or reordered observation costs a look
/// and never a wrong step.
public struct Decider: Sendable {
  public var policy: Policy
  public var requirements: Requirements

  public init(policy: Policy, requirements: Requirements) {
    self.policy = policy
    self.requirements = requirements
  }

  /// The state of an item that is seen for the first time.
  public func introduce(_ item: ProtectedItem, key: ItemKey, at now: Timestamp) -> ItemState {
    key.isDrill ? ItemState(drill: key, of: item, at: now) : ItemState(key: key, item: item, at: now)
  }

  /// Whether a listed item has a test machine that is not looked at yet, or has none any more.
  public func wantsDrillLook(_ item: ProtectedItem, known: ItemState?) -> Bool {
    let wanted = policy.testFailover == .ignore ? nil : item.testMachineID
    return wanted != known?.live?.id
  }

  public func decide(_ prior: ItemState, seeing seen: Observation, at now: Timestamp) -> Decision {
    var deliberation = Deliberation(state: prior, seen: seen, decider: self, now: now)
    let (reason, action) = deliberation.conclude()
    deliberation.state.reason = reason
    return Decision(
      next: deliberation.state, reason: reason, events: deliberation.events, learned: deliberation.learned,
      action: action)
  }

  /// What follows from how a step came out. The runner decides anew afterwards.
  public func settle(_ prior: ItemState, step: Int, outcome: StepOutcome, at now: Timestamp) -> (ItemState, [Event]) {
    var deliberation = Deliberation(state: prior, seen: Observation(), decider: self, now: now)
    deliberation.settle(step: step, outcome: outcome)
    return (deliberation.state, deliberation.events)
  }

  /// A person asks for the machine to be healed: what is broken on it counts as explained, and a parked heal is let go.
  public func command(_ prior: ItemState, at now: Timestamp) -> ItemState {
    guard let live = prior.live, !(prior.heal?.status.isRunning ?? false) else { return prior }
    var state = prior
    state.failover = Failover(
      id: prior.failover?.id, cause: .commanded, from: prior.failover?.from, to: live, noticed: now, completed: now,
      cloudTime: prior.failover?.cloudTime)
    state.heal = nil
    state.held = nil
    state.said = []
    state.nextLook = now
    return state
  }

  /// A person lets a held heal start.
  public func approve(_ prior: ItemState, at now: Timestamp) -> (ItemState, [Event]) {
    var deliberation = Deliberation(state: prior, seen: Observation(), decider: self, now: now)
    deliberation.state.approved = now
    deliberation.state.nextLook = now
    deliberation.say(.healApproved)
    return (deliberation.state, deliberation.events)
  }

  /// What is said of an item that a start finds in the middle of a heal.
  public func resume(_ prior: ItemState, at now: Timestamp) -> [Event] {
    guard let heal = prior.heal, heal.status.isRunning else { return [] }
    var deliberation = Deliberation(state: prior, seen: Observation(), decider: self, now: now)
    let step = heal.steps.first { !$0.state.isOver }
    deliberation.say(
      .healResumed, fields: ["step": step?.title ?? "none", "state": step?.state.rawValue ?? "none"])
    return deliberation.events
  }

  /// The item could not be read singly.
  public func unreadable(_ prior: ItemState, _ fault: Fault, at now: Timestamp) -> Decision {
    var deliberation = Deliberation(state: prior, seen: Observation(), decider: self, now: now)
    let (_, action) = deliberation.unreadable(fault)
    deliberation.state.reason = .itemUnreadable
    return Decision(
      next: deliberation.state, reason: .itemUnreadable, events: deliberation.events, action: action)
  }

  /// The vault's list ended without the item.
  public func missing(_ prior: ItemState, at now: Timestamp) -> (ItemState, [Event]) {
    var deliberation = Deliberation(state: prior, seen: Observation(), decider: self, now: now)
    deliberation.state.isListed = false
    deliberation.say(.itemGone)
    return (deliberation.state, deliberation.events)
  }
}

/// One decision being made: the state as it changes, and what is said on the way.
///
/// Its parts are told in the files beside: `+Failover`, `+Drill`, `+Health`, `+Baseline`, `+Heal`,
/// `+Steps`.
struct Deliberation {
  typealias Conclusion = (reason: Reason, action: Decision.Action)

  var state: ItemState
  let seen: Observation
  let decider: Decider
  let now: Timestamp
  var events: [Event] = []
  var learned: Baseline?

  var policy: Policy { decider.policy }
  /// When what is seen of the machine was asked for. A span has passed in Azure when it had passed by then, however
  /// late the answer came or was judged: a daemon can be stopped in between for as long as you like.
  var asked: Timestamp { seen.machineAsked ?? now }

  mutating func conclude() -> Conclusion {
    if state.key.isDrill { return drill() }
    if let item = seen.item {
      take(item)
      guard item.isAzureToAzure else { return (.notAzureToAzure, .lookAgain(now + policy.machine)) }
      if let early = failover(of: item) { return early }
    } else if state.transition != nil {
      // What is on the move is judged by the item itself, read singly.
      return (.mustReadItem, .readItem)
    }
    guard state.isListed || state.isHealing else {
      return (.notListed, .lookAgain(now + policy.machine))
    }
    return health()
  }

  // MARK: - The item as it is seen

  private mutating func take(_ item: ProtectedItem) {
    if !state.isListed {
      state.isListed = true
      say(.itemReturned)
    }
    if state.reason == .firstSight {
      say(.itemAdded, fields: ["protectionState": item.protectionState.text, "activeLocation": item.activeLocation])
    }
    state.itemID = item.id
    state.vault = item.vault
    state.name = item.friendlyName
    state.lifecycleID = item.lifecycleID ?? state.lifecycleID
    state.protectionState = item.protectionState
    state.activeLocation = item.activeLocation
    state.location = item.livePlace.location
    if item.protectionState.meaning != .unknown { unsay("state") }
    guard item.testMachineID != state.testMachine else { return }
    defer { state.testMachine = item.testMachineID }
    guard policy.testFailover != .ignore else { return }
    if let machine = item.testMachineID {
      say(.testFailoverSeen, machine: machine, fields: ["testFailoverState": item.testFailoverState ?? "unknown"])
    } else {
      say(.testFailoverGone, machine: state.testMachine)
    }
  }

  // MARK: - Saying things

  mutating func say(
    _ kind: EventKind, level: Event.Level? = nil, machine: ResourceID? = nil, fields: [String: String] = [:]
  ) {
    var fields = fields
    // The story of a failover ends where the machine is well.
    if let id = state.openFailoverID { fields["failover"] = id }
    events.append(
      Event(
        kind, at: now, level: level, item: state.key, itemName: state.name, machine: machine ?? state.live?.id,
        vault: state.vault, heal: state.heal.flatMap { $0.status.isRunning ? $0.id : nil }, fields: fields))
  }

  /// Says it unless it was said and still holds.
  mutating func say(
    once key: String, _ kind: EventKind, level: Event.Level? = nil, machine: ResourceID? = nil,
    fields: [String: String] = [:]
  ) {
    guard state.said.insert(key).inserted else { return }
    say(kind, level: level, machine: machine, fields: fields)
  }

  /// It holds no longer: the next time it is news again.
  mutating func unsay(_ key: String) { state.said.remove(key) }

  mutating func unsay(prefix: String) { state.said = state.said.filter { !$0.hasPrefix(prefix) } }

  func again(in span: Duration) -> Decision.Action { .lookAgain(now + span) }
}

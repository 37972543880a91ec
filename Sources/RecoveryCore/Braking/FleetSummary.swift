/// What a decision about one machine has to know of all the others: which heals run, how the last ones ended, and which
/// extension types have proved themselves.
///
/// It is kept up with each change of an item and never computed over the fleet: a wave of thousands asks it thousands of
/// times.
public struct FleetSummary: Sendable {
  /// An extension type on an OS, which one machine tries for the others.
  public struct Canary: Hashable, Sendable, Codable {
    public var kind: ExtensionKind
    public var system: OperatingSystem?

    public init(_ kind: ExtensionKind, on system: OperatingSystem?) {
      self.kind = kind
      self.system = system
    }
  }

  /// What a step does, and to which extension type; the last look is for the one that was installed last.
  private struct Work: Hashable {
    var verb: String
    var kind: ExtensionKind?
    var system: OperatingSystem?

    init(_ step: Step, of heal: Heal) {
      verb = step.verb
      kind = step.isLastLook ? heal.lastInstall?.extensionKind : step.extensionKind
      system = heal.system
    }
  }

  private struct Ended: Sendable {
    var at: Timestamp
    var isParked: Bool
  }

  private struct Joined: Sendable {
    var id: String
    var at: Timestamp
  }

  public let policy: BrakePolicy
  public var brakes = Brakes()
  /// The types that each heal under way tries: those whose install has neither succeeded nor failed here yet.
  private var running = PartedTable<ItemKey, Set<Canary>>()
  /// Who tries a type, and since when.
  private var trials: [Canary: PartedTable<ItemKey, Timestamp>] = [:]
  /// Trials of types that had not proved themselves, which are over: whoever waited for one need not wait any longer.
  public private(set) var trialsEnded = 0
  private var proven: [Canary: Timestamp] = [:]
  /// How long steps took at the least: their operations, and a machine until it was seen to be well.
  private var spans: [Work: Duration] = [:]
  /// By heal, so that one that is told twice counts once.
  private var ended = PartedTable<String, Ended>()
  /// The failover of each vault that an item joined last.
  private var failovers: [ResourceID: Joined] = [:]

  public init(policy: BrakePolicy = BrakePolicy()) { self.policy = policy }

  /// Heals under way.
  public var inFlight: Int { running.count }

  /// An item's state has changed; nil when it was forgotten.
  public mutating func update(_ key: ItemKey, _ state: ItemState?) {
    guard let state else { return update(key, heal: nil) }
    update(key, state)
  }

  /// The same of one that is there.
  public mutating func update(_ key: ItemKey, _ state: ItemState) {
    if let (id, at) = state.joined, at >= failovers[state.vault]?.at ?? at {
      failovers[state.vault] = Joined(id: id, at: at)
    }
    update(key, heal: state.heal)
  }

  private mutating func update(_ key: ItemKey, heal: Heal?) {
    let tried = running.removeValue(forKey: key) ?? []
    for canary in tried { trials[canary]?[key] = nil }
    let unproven = tried.filter { proven[$0] == nil }
    defer { if !unproven.isSubset(of: running[key] ?? []) { trialsEnded += 1 } }
    guard let heal, !heal.isCleanUp else { return }
    var trying: Set<Canary> = []
    for step in heal.steps {
      if let span = heal.span(of: step) {
        let work = Work(step, of: heal)
        spans[work] = min(spans[work] ?? span, span)
      }
      guard case .install(let wanted) = step.work else { continue }
      let canary = Canary(wanted.kind, on: heal.system)
      if step.state == .succeeded, let at = step.ended {
        proven[canary] = proven[canary].map { max($0, at) } ?? at
      } else if !step.state.isOver, step.countedFailures == 0 {
        trying.insert(canary)
      }
    }
    if heal.status.isRunning {
      // Who has not worked on an extension yet waits for others; nobody waits for it.
      let began = heal.beganExtensions
      if began == nil { trying = [] }
      running[key] = trying
      for canary in trying { trials[canary, default: PartedTable()][key] = began }
    }
    switch heal.status {
    case .healed, .healedUnverified: note(heal, isParked: false)
    case .parked: note(heal, isParked: true)
    case .running, .abandoned: break
    }
  }

  private mutating func note(_ heal: Heal, isParked: Bool) {
    guard let at = heal.ended else { return }
    ended[heal.id] = Ended(at: at, isParked: isParked)
    guard ended.count > 10_000 else { return }
    let oldest = at - policy.failureWindow
    ended.removeAll { $0.at < oldest }
  }

  // MARK: - Failovers

  /// Items of a vault that begin to move within this time of each other go through one failover.
  private static let sameFailover: Duration = .seconds(30 * 60)

  /// How long such a step takes at the least; nil as long as none has ended.
  public func usual(_ step: Step, of heal: Heal) -> Duration? { spans[Work(step, of: heal)] }

  /// The failover that an item joins which begins to move: the vault's latest, or a new one named after the vault and
  /// the time. No item joins the same one twice: what follows is the failback, or a failover anew.
  public func failover(of vault: ResourceID, after last: String?, at now: Timestamp) -> String {
    if let open = failovers[vault], open.id != last, now - open.at <= FleetSummary.sameFailover { return open.id }
    return "\(vault.name)-\(now.compact)"
  }

  // MARK: - What holds a heal

  /// What keeps a heal from starting; nil when nothing does.
  public func hold(of key: ItemKey, at now: Timestamp) -> Reason? {
    if let reason = standing(at: now) { return reason }
    let others = running.count - (running[key] == nil ? 0 : 1)
    return others >= policy.inFlight ? .heldByInFlight : nil
  }

  /// What keeps a heal that has started from working on its first extension, if it has to install these types. What was
  /// started before a brake came on, and has taken nothing apart, is held by it as well.
  public func hold(of key: ItemKey, trying canaries: Set<Canary>, at now: Timestamp) -> Reason? {
    if let reason = standing(at: now) { return reason }
    guard policy.usesCanaries else { return nil }
    for canary in canaries where !isProven(canary, at: now) {
      let isTried = trials[canary]?.contains { $0 != key && isTimely($1, at: now) } ?? false
      if isTried { return .heldByCanary }
    }
    return nil
  }

  /// Whether the step works on an extension that the others do not touch before it is known what came of it.
  public func isCanary(_ key: ItemKey, trying step: Step, at now: Timestamp) -> Bool {
    guard policy.usesCanaries, let canary = running[key]?.first(where: { $0.kind == step.extensionKind }),
      !isProven(canary, at: now), let trial = trials[canary]?[key]
    else { return false }
    return isTimely(trial, at: now)
  }

  private func isTimely(_ trial: Timestamp, at now: Timestamp) -> Bool { now - trial < policy.canaryWithin }

  /// What holds everybody.
  private func standing(at now: Timestamp) -> Reason? {
    if brakes.pause != nil { return .heldByPause }
    if let trip = brakes.trip, now < trip.until { return .heldByFailures }
    if !policy.windows.isEmpty, !policy.windows.contains(where: { $0.contains(now) }) { return .heldByWindow }
    return nil
  }

  /// Whether what was decided may still be done: it may stand otherwise with the others than when it was decided.
  public func admits(_ next: ItemState, after old: ItemState?) -> Bool {
    // An item whose failover did not come about is back with the one before.
    if let (id, at) = next.joined, id != old?.transition?.failoverID, id != old?.failover?.id,
      id != failover(of: next.vault, after: old?.failover?.id, at: at)
    {
      return false
    }
    guard let heal = next.heal, heal.status.isRunning, !heal.isCleanUp, next.failover?.cause != .commanded else {
      return true
    }
    let before = old?.heal?.id == heal.id ? old?.heal : nil
    if before == nil, hold(of: next.key, at: heal.started) != nil { return false }
    if let began = heal.beganExtensions, before?.beganExtensions == nil,
      hold(of: next.key, trying: heal.canaries, at: began) != nil
    {
      return false
    }
    guard brakes.pause != nil else { return true }
    let known = before?.steps ?? []
    return !heal.steps.contains { step in
      step.state == .intended && !heal.finishesWhatWasBegun(step)
        && !known.contains { $0.ordinal == step.ordinal && $0.state == .intended && $0.attempts == step.attempts }
    }
  }

  private func isProven(_ canary: Canary, at now: Timestamp) -> Bool {
    proven[canary].map { now - $0 < policy.canaryKeeps } ?? false
  }

  // MARK: - The failure rate

  /// The brakes as they must be now, when they are not: too many heals have failed, or the time of that is over.
  public func due(at now: Timestamp) -> Brakes? {
    var next = brakes
    if let trip = brakes.trip {
      guard now >= trip.until else { return nil }
      next.trip = nil
      next.countFrom = now
      return next
    }
    // Asked each second, and mostly so few have ended that none has to be looked at.
    guard ended.count >= policy.failuresOf else { return nil }
    let from = max(now - policy.failureWindow, brakes.countFrom ?? now - policy.failureWindow)
    let counted = ended.values.filter { $0.at >= from }
    let parked = counted.count { $0.isParked }
    guard counted.count >= policy.failuresOf, Double(parked) > Double(counted.count) * policy.failureRate else {
      return nil
    }
    next.trip = Brakes.Trip(since: now, until: now + policy.failureWindow, parked: parked, ended: counted.count)
    return next
  }
}

extension ItemState {
  /// The failover that the item goes through, and when it joined it.
  fileprivate var joined: (id: String, at: Timestamp)? {
    if let transition, let id = transition.failoverID { return (id, transition.since) }
    return failover.flatMap { failover in failover.id.map { ($0, failover.noticed) } }
  }
}

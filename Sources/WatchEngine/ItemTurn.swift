public import RecoveryCore

/// One look at one item, from the first decision to the time of the next look, as a machine without time, tasks or
/// I/O: it says what is to be done, is told what came of it, and says what is to be done then.
///
/// Whatever is decided is committed before it is done, so that a crash between any two requests leaves a journal from
/// which the next start goes on. The engine drives it over the network; the simulation drives the very same machine
/// through crashes and lost answers.
public final class ItemTurn {
  public enum Request: Sendable {
    case commit(JournalChange)
    case readItem(ResourceID, in: ResourceID)
    case readMachine(ResourceID, associations: Bool)
    case readAssociations(ResourceID)
    case readRows(ResourceID, after: ResourceID?, [DataSource], since: Timestamp)
    case readBaseline(ItemKey)
    case begin(Effect)
    case poll(OperationHandle)
    /// The look is over; nil for an item that nothing is left of.
    case finish(lookAgain: Timestamp?)
  }

  public enum Answer: Sendable {
    case committed
    /// A heal may not start any more: it stands otherwise with the others than was thought.
    case refused(FleetSummary)
    case item(Result<ProtectedItem, Fault>)
    case machine(MachineReading)
    case associations(Result<[Association], Fault>)
    case rows(DataReading)
    case baseline(Baseline?)
    case progress(Result<Progress, Fault>)
  }

  private enum Phase {
    case wished(Occasion.Wish)
    case deciding
    /// The decision is being committed; its action comes next.
    case committing(Decision.Action)
    case reading(Decision.Action)
    /// A step's effect or poll, and when Azure was asked.
    case performing(Int, asked: Timestamp)
    /// What came of a step is being committed; the next look is then, or at once.
    case settling(next: Timestamp?, sees: MachineReading = .notRead)
    case over(Timestamp?)
  }

  public private(set) var state: ItemState
  /// What was known before the decision that is being committed.
  private var before: ItemState
  private var seen: Observation
  private var phase = Phase.deciding
  private var turns = 0
  private var hasAsked = false
  private let decider: Decider
  private let settings: EngineSettings

  /// A decision that asks for one more read each time would be a mistake of ours; it may not spin.
  private static let mostTurns = 64
  /// Whether it was ended for having gone on without an end.
  public var isEndless: Bool { turns > ItemTurn.mostTurns }
  /// How urgent what it asks is.
  public var urgency: Urgency { hasAsked ? state.urgency.onceBegun : state.urgency }
  /// How many trials of other machines had ended, as far as this turn knows.
  public var trialsSeen: Int { seen.fleet.trialsEnded }

  public init(
    _ state: ItemState, for occasion: Occasion, fleet: FleetSummary, decider: Decider, settings: EngineSettings
  ) {
    self.state = state
    before = state
    seen = Observation(item: occasion.listed, fleet: fleet)
    if let wish = occasion.wish { phase = .wished(wish) }
    self.decider = decider
    self.settings = settings
  }

  /// Takes the answer to the last request, nil before the first one, and returns the next request. Never a part of the
  /// frame that waits for the answer: it would double that.
  @inline(never)
  public func advance(_ answer: Answer?, at now: Timestamp) -> Request {
    switch phase {
    case .wished(let wish): return grant(wish, now)
    case .deciding: return decide(now)
    case .committing(let action):
      guard case .refused(let fleet)? = answer else { return act(action, now) }
      state = before
      seen.fleet = fleet
      return decide(now)
    case .reading(let action):
      hasAsked = true
      return take(answer, to: action, now)
    case .performing(let ordinal, let asked):
      guard case .progress(let result)? = answer else { return finish(now) }
      return settle(ordinal, result, asked: asked, now)
    case .settling(let next, let machine):
      seen.machine = machine
      if let next { return finish(next) }
      return decide(now)
    case .over(let next): return .finish(lookAgain: next)
    }
  }

  private func finish(_ next: Timestamp?) -> Request {
    phase = .over(next)
    return .finish(lookAgain: next)
  }

  /// What a person wishes is written down before anything follows from it.
  private func grant(_ wish: Occasion.Wish, _ now: Timestamp) -> Request {
    var events: [Event] = []
    switch wish {
    case .approve: (state, events) = decider.approve(state, at: now)
    case .retry: state = decider.command(state, at: now)
    }
    phase = .settling(next: nil)
    return .commit(JournalChange(item: state, events: events))
  }

  // MARK: - Decisions

  private func decide(_ now: Timestamp) -> Request {
    turns += 1
    if isEndless { return finish(now + decider.policy.machine) }
    return commit(decider.decide(state, seeing: seen, at: now))
  }

  private func commit(_ decision: Decision) -> Request {
    before = state
    state = decision.next
    phase = .committing(decision.action)
    let isForgotten = decision.action == .forget
    return .commit(
      JournalChange(
        item: isForgotten ? nil : decision.next, baseline: decision.learned,
        forgotten: isForgotten ? state.key : nil, events: decision.events))
  }

  private func act(_ action: Decision.Action, _ now: Timestamp) -> Request {
    phase = .reading(action)
    switch action {
    case .lookAgain(let next): return finish(next)
    case .forget: return finish(nil)
    case .readItem: return .readItem(state.itemID, in: state.vault)
    case .readMachine(let id, let associations):
      seen.machineAsked = now
      return .readMachine(id, associations: associations)
    case .readAssociations(let id): return .readAssociations(id)
    case .readSource(let id): return .readMachine(id, associations: true)
    case .readData(let id, let former, let sources, let since):
      return .readRows(id, after: former, sources, since: since)
    case .readBaseline: return .readBaseline(state.key.item)
    case .perform(let ordinal): return perform(ordinal, now)
    }
  }

  private func take(_ answer: Answer?, to action: Decision.Action, _ now: Timestamp) -> Request {
    if let fault = answer?.fault, fault.isPutOff { return finish(now + (fault.retryAfter ?? .seconds(5))) }
    switch (answer, action) {
    case (.item(.success(let item)), _):
      seen.item = item
      seen.itemIsFresh = true
    case (.item(.failure(let fault)), _):
      if fault.kind == .stopped { return finish(now) }
      return commit(decider.unreadable(state, fault, at: now))
    case (.machine(.failed(let fault)), _) where fault.kind == .stopped: return finish(now)
    case (.machine(let reading), .readSource): seen.source = reading
    case (.machine(let reading), _): seen.machine = reading
    case (.associations(.success(let associations)), _): seen.machine = seen.machine.associated(associations)
    case (.associations(.failure(let fault)), _):
      if fault.kind == .stopped { return finish(now) }
      seen.machine = .failed(fault)
    case (.rows(.failed(let fault)), _) where fault.kind == .stopped: return finish(now)
    case (.rows(let reading), _): seen.data = reading
    case (.baseline(let baseline), _): seen.baseline = BaselineReading(baseline)
    default: return finish(now)
    }
    return decide(now)
  }

  // MARK: - Steps

  /// Begins a step's effect, or asks once how its operation stands. Nothing waits here: between two polls no worker is
  /// held, and a restart polls the recorded operation as if nothing had happened.
  private func perform(_ ordinal: Int, _ now: Timestamp) -> Request {
    guard let heal = state.heal, heal.steps.indices.contains(ordinal - 1) else { return finish(now) }
    let step = heal.steps[ordinal - 1]
    phase = .performing(ordinal, asked: now)
    if step.state == .accepted, let operation = step.operation { return .poll(operation) }
    var machine: Machine?
    if case .found(let found) = seen.machine { machine = found }
    guard let effect = heal.effect(of: step, on: machine) else {
      return settle(ordinal, .success(.done), asked: now, now)
    }
    return .begin(effect)
  }

  private func settle(
    _ ordinal: Int, _ result: Result<Progress, Fault>, asked: Timestamp, _ now: Timestamp
  ) -> Request {
    guard let step = state.heal?.steps[ordinal - 1] else { return finish(now) }
    let outcome: StepOutcome
    var next: Timestamp?
    switch (result, step.operation) {
    case (.success(.done), _): outcome = .succeeded
    case (.success(.running(let operation, let retryAfter)), let known):
      if let late = overdue(step, operation, asked) {
        outcome = .failed(late)
        break
      }
      next = now + pace(step, retryAfter, now)
      if operation == known { return finish(next) }
      outcome = .accepted(operation)
    case (.failure(let fault), _) where fault.kind == .stopped: return finish(now + (fault.retryAfter ?? .zero))
    case (.failure(let fault), let operation?):
      // A poll that Azure refuses, or that fails on its way, says nothing of the operation.
      guard fault.status != nil || fault.course == .passes || fault.kind == .unauthenticated else {
        outcome = .failed(fault)
        break
      }
      guard let late = overdue(step, operation, asked) else { return finish(now + pace(step, fault.retryAfter, now)) }
      outcome = .failed(late)
    case (.failure(let fault), nil):
      switch fault.kind {
      // The effect may have happened although its answer did not arrive.
      case .unreachable, .unintelligible, .unavailable: outcome = .unknown(fault)
      default: outcome = .failed(fault)
      }
    }
    let (settled, events) = decider.settle(state, step: ordinal, outcome: outcome, at: now)
    state = settled
    phase = .settling(next: next, sees: outlasting(step, outcome))
    return .commit(JournalChange(item: settled, events: events))
  }

  /// What was read before an effect says nothing about the time after it. Only an association leaves all of the machine
  /// as it was but the associations; and where a removal found nothing, as the look just before it did, it left all.
  private func outlasting(_ step: Step, _ outcome: StepOutcome) -> MachineReading {
    guard case .succeeded = outcome, case .found(let machine) = seen.machine else { return .notRead }
    switch step.work {
    case .associate: return seen.machine.associated(nil)
    case .remove(let kind, _):
      return step.operation == nil && machine.resource(kind) == nil ? seen.machine : .notRead
    default: return .notRead
    }
  }

  private func overdue(_ step: Step, _ operation: OperationHandle, _ asked: Timestamp) -> Fault? {
    guard let intended = step.intended, asked - intended >= settings.operationWithin else { return nil }
    return Fault(
      .operationTimedOut, code: "OperationTimedOut",
      message: "the operation has not ended within \(settings.operationWithin.brief)",
      resource: operation.resource.text, correlationID: operation.correlationID)
  }

  /// What Azure asks for. Where it asks for nothing: not before such an operation has ever ended, as far as that is
  /// known, then soon and after that slower; an operation that other machines wait for is not slowed down. By the age of
  /// the operation, so that a restart goes on at the pace that was reached.
  private func pace(_ step: Step, _ retryAfter: Duration?, _ now: Timestamp) -> Duration {
    if let retryAfter { return retryAfter }
    let age = step.intended.map { now - $0 } ?? .zero
    let usual = state.heal.flatMap { seen.fleet.usual(step, of: $0) } ?? .zero
    // One that took long may have been the odd one.
    if age < usual { return min(max(usual - age, settings.pollFirst), settings.pollMost * 6) }
    if seen.fleet.isCanary(state.key, trying: step, at: now) { return settings.pollFirst }
    let grown = Duration.milliseconds(Int64(Double((age - usual).inMilliseconds) * (settings.pollFactor - 1)))
    return min(max(grown, settings.pollFirst), settings.pollMost)
  }
}

extension ItemTurn.Answer {
  /// Why a read gave nothing.
  fileprivate var fault: Fault? {
    switch self {
    case .item(.failure(let fault)), .machine(.failed(let fault)), .associations(.failure(let fault)),
      .rows(.failed(let fault)):
      fault
    default: nil
    }
  }
}

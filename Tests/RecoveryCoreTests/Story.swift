import AftercareTesting
import RecoveryCore

/// Plays the part of the engine for one item: answers the reads that a decision asks for from what the test has set,
/// and stops at the first step or wait.
struct Story {
  var decider: Decider
  var state: ItemState
  var now = Samples.start
  var item: ProtectedItem
  var machine: Machine?
  var machineFault: Fault?
  /// How long a read of the machine is on its way.
  var readTakes: Duration = .zero
  /// The machine that a failover left behind, and what the journal holds.
  var source: Machine?
  var baseline: Baseline?
  var fleet = FleetSummary()
  var data = DataReading.read([:])
  var events: [Event] = []
  var reason = Reason.firstSight

  init(_ item: ProtectedItem = Samples.item(), profiles: [Profile] = [Samples.profile], policy: Policy = Policy()) {
    decider = Decider(policy: policy, requirements: Requirements(profiles: profiles, catalogue: Samples.catalogue))
    self.item = item
    state = decider.introduce(item, key: ItemIndex().key(of: item), at: now)
  }

  /// One look, with all the reads it asks for. Returns the step to perform, or when to look again; or the action before
  /// which the process dies, when what was decided is in the journal.
  @discardableResult
  mutating func look(
    listing: Bool = true, dyingAt isLast: (Decision.Action) -> Bool = { _ in false }
  ) -> Decision.Action {
    var seen = Observation(item: listing ? item : nil, fleet: fleet)
    for _ in 0..<20 {
      let decision = decider.decide(state, seeing: seen, at: now)
      state = decision.next
      reason = decision.reason
      events += decision.events
      baseline = decision.learned ?? baseline
      if isLast(decision.action) { return decision.action }
      switch decision.action {
      case .readItem:
        seen.item = item
        seen.itemIsFresh = true
      case .readMachine(let id, let associations):
        seen.machineAsked = now
        wait(readTakes)
        if let machineFault {
          seen.machine = .failed(machineFault)
        } else if var found = machine, found.id == id {
          if !associations { found.associations = nil }
          seen.machine = .found(found)
        } else {
          seen.machine = .absent
        }
      case .readAssociations:
        wait(readTakes)
        seen.machine = machineFault.map { .failed($0) } ?? seen.machine.associated(machine?.associations)
      case .readSource(let id): seen.source = source?.id == id ? source.map { .found($0) } ?? .absent : .absent
      case .readData: seen.data = data
      case .readBaseline: seen.baseline = BaselineReading(baseline)
      case .perform, .lookAgain, .forget: return decision.action
      }
    }
    return .lookAgain(now)
  }

  mutating func wait(_ span: Duration) { now = now + span }

  /// Lives through the failover until it counts as completed; what follows from the second look is returned.
  mutating func failOver(to machine: Machine) -> Decision.Action {
    look()
    item = Samples.failedOverItem()
    self.machine = machine
    wait(.seconds(60))
    look()
    wait(.seconds(30))
    return look()
  }

  mutating func settle(_ ordinal: Int, _ outcome: StepOutcome) {
    let (next, said) = decider.settle(state, step: ordinal, outcome: outcome, at: now)
    state = next
    events += said
  }

  var kinds: [EventKind] { events.map(\.kind) }
  func said(_ kind: EventKind) -> [Event] { events.filter { $0.kind == kind } }
}

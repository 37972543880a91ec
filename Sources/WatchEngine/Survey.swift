public import RecoveryCore

/// One look at items that changes nothing: what would be decided for each, and which steps a heal would take.
public struct Survey: Sendable {
  /// What one look showed of one item.
  public struct Finding: Sendable {
    public var item: ProtectedItem
    public var state: ItemState
    public var reason: Reason
    /// The steps that a heal would take now; empty when none would start.
    public var steps: [Step]
    public var fault: Fault?
    /// What is known of the machine, this look included.
    public var baseline: Baseline?
    /// What the machine must have; nil when it was not read.
    public var desired: DesiredState?
    /// What it would get after a failover now, in the recovery region; nil when it is failed over, or was not read.
    public var afterFailover: DesiredState?
  }

  private let cloud: any Cloud
  private let decider: Decider
  private let time: any TimeSource

  public init(cloud: any Cloud, decider: Decider, time: any TimeSource = SystemTime()) {
    var decider = decider
    // One look is all there is: it decides as the second of two would.
    decider.policy.confirmAfter = .zero
    decider.policy.mode = .heal
    self.cloud = cloud
    self.decider = decider
    self.time = time
  }

  /// Looks at one item, with what the journal knows of it if it knows anything.
  public func look(
    at item: ProtectedItem, key: ItemKey, known: ItemState?, baseline: Baseline? = nil
  ) async -> Finding {
    var state = known ?? decider.introduce(item, key: key, at: time.now)
    state.nextLook = time.now
    var seen = Observation(item: item)
    var baseline = baseline
    var fault: Fault?
    var reason = Reason.firstSight
    look: for _ in 0..<32 {
      let decision = decider.decide(state, seeing: seen, at: time.now)
      state = decision.next
      reason = decision.reason
      baseline = decision.learned ?? baseline
      do throws(Fault) {
        switch decision.action {
        case .readItem:
          seen.item = try await cloud.protectedItem(state.itemID, in: state.vault)
          seen.itemIsFresh = true
        case .readMachine(let id, _):
          guard var machine = try await cloud.machine(id) else {
            seen.machine = .absent
            continue look
          }
          machine.associations = try await cloud.associations(of: id)
          seen.machine = .found(machine)
        case .readAssociations(let id):
          seen.machine = seen.machine.associated(try await cloud.associations(of: id))
        case .readSource(let id):
          seen.source = .absent
          guard var machine = try await cloud.machine(id) else { continue look }
          machine.associations = try await cloud.associations(of: id)
          seen.source = .found(machine)
        case .readBaseline: seen.baseline = BaselineReading(baseline)
        case .readData: break look
        case .perform, .forget: break look
        case .lookAgain:
          // First sight puts a healthy machine's look off, and a first confirmation wants a second: both are due now.
          guard reason == .notDueYet || reason == .confirming else { break look }
          state.nextLook = time.now
        }
      } catch {
        switch decision.action {
        case .readSource: seen.source = .failed(error)
        case .readItem:
          fault = error
          break look
        default:
          fault = error
          seen.machine = .failed(error)
        }
      }
    }
    let heal = state.heal.flatMap { $0.status.isRunning ? $0 : nil }
    var desired = heal?.desired
    if desired == nil, case .found(let machine) = seen.machine {
      desired = decider.requirements.desired(for: machine, baseline: baseline)
    }
    var finding = Finding(
      item: item, state: state, reason: reason, steps: heal?.steps ?? [], fault: fault, baseline: baseline,
      desired: desired)
    if item.isActiveAtPrimary, case .found(let machine) = seen.machine {
      finding.afterFailover = decider.requirements.desired(for: item.landed(machine), baseline: baseline)
    }
    return finding
  }
}

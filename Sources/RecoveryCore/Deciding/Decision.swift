/// What one look showed. Parts that were not read are asked for by the decision itself.
public struct Observation: Sendable {
  /// Nil when only the machine is looked at.
  public var item: ProtectedItem?
  /// Whether the item was read singly just now; a list may lag, and gives less.
  public var itemIsFresh: Bool
  public var machine: MachineReading
  /// When the machine was asked for; what it shows may be as old as that. Nil for now.
  public var machineAsked: Timestamp?
  /// The machine that a failover left behind.
  public var source: MachineReading = .notRead
  public var baseline: BaselineReading = .notRead
  public var data: DataReading = .notRead
  /// How it stands with all the others.
  public var fleet: FleetSummary

  public init(
    item: ProtectedItem? = nil, itemIsFresh: Bool = false, machine: MachineReading = .notRead,
    fleet: FleetSummary = FleetSummary()
  ) {
    self.item = item
    self.fleet = fleet
    self.itemIsFresh = itemIsFresh
    self.machine = machine
  }
}

public enum BaselineReading: Hashable, Sendable {
  case notRead
  case none
  case found(Baseline)

  public init(_ baseline: Baseline?) { self = baseline.map { .found($0) } ?? .none }

  public var baseline: Baseline? {
    if case .found(let baseline) = self { return baseline }
    return nil
  }
}

public enum DataReading: Sendable {
  case notRead
  /// A source without rows is not in it.
  case read([DataSource: DataSpan])
  case failed(Fault)
}

public enum MachineReading: Sendable {
  case notRead
  case found(Machine)
  case absent
  case failed(Fault)

  /// The reading with what the machine is associated with; nil for what is not known any more.
  public func associated(_ associations: [Association]?) -> MachineReading {
    guard case .found(var machine) = self else { return self }
    machine.associations = associations
    return .found(machine)
  }
}

/// What follows from one look: the state to remember, what to say, and the one thing to do next.
public struct Decision: Sendable {
  public var next: ItemState
  public var reason: Reason
  public var events: [Event]
  /// What was learned of the machine, to be committed with the state; nil when nothing was.
  public var learned: Baseline?
  public var action: Action

  /// A runner performs the action and hands what came of it to the next decision.
  public enum Action: Hashable, Sendable {
    case readItem
    case readMachine(ResourceID, associations: Bool)
    /// What the machine that was read is associated with, beside what was seen of it.
    case readAssociations(ResourceID)
    /// The machine that a failover left behind, with its associations.
    case readSource(ResourceID)
    /// What the journal holds of the item's machine, what this very decision learned included.
    case readBaseline
    /// When rows of the machine were generated after a time, and the last one before it of the machine left behind.
    case readData(ResourceID, after: ResourceID?, [DataSource], since: Timestamp)
    /// Run the step of the heal that `next` holds, or go on with it when Azure has accepted it. The intent is in
    /// `next` and must be committed first.
    case perform(step: Int)
    case lookAgain(Timestamp)
    /// Nothing of the state is to stay.
    case forget
  }
}

/// How a try of a step came out.
public enum StepOutcome: Sendable {
  case accepted(OperationHandle)
  case succeeded
  case failed(Fault)
  /// The answer was lost: the effect may have happened. Azure is asked before anything is repeated.
  case unknown(Fault)
}

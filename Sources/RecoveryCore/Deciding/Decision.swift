/// What one look showed. Parts that were not read are asked for by the decision itself.
public struct Observation: Sendable {
  /// Nil when only the machine is looked at.
  public var item: ProtectedItem?
  /// Whether the item was read singly just now; a list may lag, and gives less.
  public var itemIsFresh: Bool
  public var machine: MachineReading

  public init(item: ProtectedItem? = nil, itemIsFresh: Bool = false, machine: MachineReading = .notRead) {
    self.item = item
    self.itemIsFresh = itemIsFresh
    self.machine = machine
  }
}

public enum MachineReading: Sendable {
  case notRead
  case found(Machine)
  case absent
  case failed(Fault)
}

/// What follows from one look: the state to remember, what to say, and the one thing to do next.
public struct Decision: Sendable {
  public var next: ItemState
  public var reason: Reason
  public var events: [Event]
  public var action: Action

  /// A runner performs the action and hands what came of it to the next decision.
  public enum Action: Hashable, Sendable {
    case readItem
    case readMachine(ResourceID, associations: Bool)
    /// Run the step of the heal that `next` holds, or go on with it when Azure has accepted it. The intent is in
    /// `next` and must be committed first.
    case perform(step: Int)
    case lookAgain(Timestamp)
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

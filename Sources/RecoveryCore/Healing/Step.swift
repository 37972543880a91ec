/// One effect of a heal, or the last look at its end.
public struct Step: Hashable, Sendable, Codable {
  /// What the step does to the machine.
  public enum Work: Hashable, Sendable, Codable {
    case ensureIdentity(ManagedIdentity)
    case remove(ExtensionKind, name: String)
    case install(DesiredExtension)
    case associate(Association)
    /// Takes away an association that a test machine was given.
    case dissociate(String)
    case verify
  }

  /// Can go from `pending` to `intended` (the intent is journalled), from there to `accepted` (Azure has taken it and
  /// named an operation) and to an end; a failed try goes back to `pending`.
  public enum State: String, Sendable, Codable {
    case pending
    /// Committed before the call: found again after a crash, it means "unknown, ask Azure".
    case intended
    case accepted
    case succeeded
    /// Failed, and the heal goes on: only a removal may.
    case tolerated
    /// Not needed, or not possible any more.
    case skipped
    case failed

    public var isOver: Bool { self == .succeeded || self == .tolerated || self == .skipped || self == .failed }
  }

  public let ordinal: Int
  public var work: Work
  public var state: State
  /// Tries so far, the running one included.
  public var attempts: Int
  /// Tries that failed in a way that counts towards parking.
  public var countedFailures: Int
  /// Not to be tried before.
  public var notBefore: Timestamp?
  /// When the first try was intended, and when the current one was.
  public var firstIntended: Timestamp?
  public var intended: Timestamp?
  /// When a removal that was over began once more: what passes is waited for anew from then on.
  public var begunAgain: Timestamp?
  public var ended: Timestamp?
  public var operation: OperationHandle?
  public var fault: Fault?
  /// Steps that must be over, and not failed, before this one may run.
  public var dependencies: [Int]

  public init(ordinal: Int, work: Work, dependencies: [Int] = []) {
    self.ordinal = ordinal
    self.work = work
    self.state = .pending
    self.attempts = 0
    self.countedFailures = 0
    self.dependencies = dependencies
  }

  /// `install AzureMonitorLinuxAgent`, for people.
  public var title: String {
    switch work {
    case .ensureIdentity(let identity): "ensure identity \(identity.type)"
    case .remove(_, let name): "remove \(name)"
    case .install(let wanted): "install \(wanted.name)"
    case .associate(let association): "associate \(association.name)"
    case .dissociate(let name): "dissociate \(name)"
    case .verify: "verify"
    }
  }

  /// The first word of the title.
  public var verb: String {
    switch work {
    case .ensureIdentity: "ensureIdentity"
    case .remove: "remove"
    case .install: "install"
    case .associate: "associate"
    case .dissociate: "dissociate"
    case .verify: "verify"
    }
  }
}

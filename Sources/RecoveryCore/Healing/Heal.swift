/// One durable run of a plan for one machine.
public struct Heal: Hashable, Sendable, Codable {
  public enum Status: Hashable, Sendable, Codable {
    case running
    case healed
    /// Every leg is well, and whether its data flows could not be seen.
    case healedUnverified(String)
    /// Given up: it waits for a person.
    case parked(String)
    /// The machine stopped being the live one.
    case abandoned(String)

    public var isRunning: Bool { self == .running }
    /// One word for tables and JSON.
    public var word: String {
      switch self {
      case .running: "running"
      case .healed: "healed"
      case .healedUnverified: "healedUnverified"
      case .parked: "parked"
      case .abandoned: "abandoned"
      }
    }
  }

  public let id: String
  public let item: ItemKey
  public let machine: MachineIdentity
  public let location: String
  public let system: OperatingSystem?
  public let desired: DesiredState
  public var steps: [Step]
  public var status: Status
  /// How often the plan was made anew because verification found a leg still broken.
  public var round: Int
  /// When the guest agent had last reported, by Azure's clock, as the latest install was begun: a later report is one
  /// that knows of it.
  public var agentReportedBeforeInstall: Timestamp?
  /// Since when the machine has kept the heal from going on; nil while it goes on.
  public var waitingSince: Timestamp?
  /// Since when every leg has been well and only data is waited for.
  public var waitingForDataSince: Timestamp?
  /// The machine's first row after the failover, by Azure's clock.
  public var firstRow: Timestamp?
  /// The last row of the machine that the failover left behind.
  public var lastRowBefore: Timestamp?
  /// Why the data could not be judged.
  public var unverified: String?
  public let started: Timestamp
  public var ended: Timestamp?

  public init(
    id: String, item: ItemKey, machine: MachineIdentity, location: String, system: OperatingSystem? = nil,
    desired: DesiredState, steps: [Step], started: Timestamp, round: Int = 1
  ) {
    self.id = id
    self.item = item
    self.machine = machine
    self.location = location
    self.system = system
    self.desired = desired
    self.steps = steps
    self.status = .running
    self.round = round
    self.started = started
  }

  /// The tag that our install of a try carries. ARM gives it back on a read, so after a crash it tells whether an
  /// install whose answer was lost has arrived.
  public func forceUpdateTag(_ step: Step) -> String { tagStem(step) + String(step.attempts) }

  /// The try of this heal that the resource comes from, when it is one that the heal knows nothing of: its journal is an
  /// older copy that was restored, and the try came after the copy was made.
  public func forgottenTry(of install: Step, leadingTo resource: ExtensionResource) -> Int? {
    let stem = tagStem(install)
    guard let tag = resource.forceUpdateTag, tag.hasPrefix(stem), let attempt = Int(tag.dropFirst(stem.count)),
      attempt > install.attempts
    else { return nil }
    return attempt
  }

  /// The steps of each round are numbered anew.
  private func tagStem(_ step: Step) -> String { "\(id)-\(round > 1 ? "r\(round)-" : "")\(step.ordinal)-" }

  /// The install that ended last and well.
  var lastInstall: Step? {
    steps.last { step in
      guard case .install = step.work else { return false }
      return step.state == .succeeded
    }
  }

  /// How long a step took, from its intent or, for the last look, from the end of the last install; nil where it did not
  /// succeed, or took no time.
  func span(of step: Step) -> Duration? {
    guard step.state == .succeeded, let ended = step.ended,
      let begun = step.isLastLook ? lastInstall?.ended : step.intended, ended > begun
    else { return nil }
    return ended - begun
  }

  /// The step that comes next: one that Azure works on, or the first whose dependencies are met and that may run now.
  public func next(at now: Timestamp) -> Step? {
    if let running = steps.first(where: { $0.state == .intended || $0.state == .accepted }) { return running }
    return steps.first { $0.state == .pending && isFree($0) && ($0.notBefore ?? now) <= now }
  }

  /// When the first step that only waits for its time may run.
  public var nextTry: Timestamp? {
    steps.filter { $0.state == .pending && isFree($0) }.compactMap(\.notBefore).min()
  }

  private func isFree(_ step: Step) -> Bool {
    step.dependencies.allSatisfy { ordinal in
      let state = steps[ordinal - 1].state
      return state.isOver && state != .failed
    }
  }
}

public import RecoveryCore

/// The fleet at a glance: the shape of `status --json` and of `GET /api/v1/status`.
public struct StatusReport: Sendable, Encodable {
  /// A machine that something is being done for, or that needs a person.
  public struct Row: Sendable, Encodable {
    public var item: String
    public var machine: String
    public var location: String
    public var protectionState: String
    public var condition: Condition
    public var reason: String
    public var heal: String
    public var step: String
    /// Whether the item can be protected again, and what stands in the way.
    public var reprotect: String
    /// The failover that it goes through.
    public var failover: String?
  }

  /// An alert that stands.
  public struct Standing: Sendable, Encodable {
    public var alert: String
    public var subject: String
    public var level: Event.Level
    public var since: String
    public var machines: [Condition: Int]
    public var names: [String]
    public var cause: String?
    public var remedy: String
  }

  public var at: String
  public var items: Int
  public var counts: [String: Int]
  public var alerts: [Standing]
  public var sweeps: [SweepReport]
  public var brakes: Brakes
  public var machines: [Row]
  /// Nil where nothing is shared.
  public var instances: [InstanceRow]?
  /// Vaults that nobody looks after.
  public var unheld: [String]?

  public init(_ snapshot: FleetSnapshot) {
    at = snapshot.at.iso8601
    brakes = snapshot.brakes
    items = snapshot.states.count { !$0.key.isDrill }
    counts = snapshot.states.grouped(by: \.condition.words).mapValues(\.count)
    alerts = snapshot.alerts.map(Standing.init)
    sweeps = snapshot.sweeps
    machines = snapshot.states.filter { $0.condition != .watched }.sorted { $0.name < $1.name }.map(Row.init)
    instances = snapshot.instances
    unheld = snapshot.leases?.leases.filter { !$0.isHeld }.map(\.vault.name)
  }

  /// Whether an item can be protected again.
  public static func reprotect(_ state: ItemState) -> String {
    if case .blocked(let legs) = state.reprotect {
      return "blocked by " + legs.map(\.leg.description).joined(separator: ", ")
    }
    return state.reprotect.word
  }
}

extension StatusReport.Row {
  public init(_ state: ItemState) {
    item = state.name
    machine = state.live?.id.text ?? "-"
    location = state.live?.id.resourceGroup ?? "-"
    protectionState = state.protectionState.text
    condition = state.condition
    switch state.heal?.status {
    case .parked(let why), .healedUnverified(let why): reason = why
    default: reason = state.held?.reason.rawValue ?? state.reason.rawValue
    }
    reprotect = StatusReport.reprotect(state)
    heal = state.heal?.status.word ?? "-"
    let current = state.heal?.steps.first { !$0.state.isOver }
    step = current.map { "\($0.title) (\($0.state.rawValue))" } ?? "-"
    failover = state.failoverID
  }
}

extension StatusReport.Standing {
  init(_ alert: Alert) {
    self.init(
      alert: alert.name.rawValue, subject: alert.subject, level: alert.level, since: alert.since.iso8601,
      machines: alert.machines, names: alert.names, cause: alert.cause, remedy: alert.remedy)
  }
}

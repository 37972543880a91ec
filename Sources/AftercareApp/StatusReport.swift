public import RecoveryCore

/// The fleet at a glance, from the journal alone: it can be read while the daemon runs, and when it does not.
public struct StatusReport: Sendable, Encodable {
  /// A machine that something is being done for, or that needs a person.
  public struct Row: Sendable, Encodable {
    public var item: String
    public var machine: String
    public var location: String
    public var protectionState: String
    public var reason: String
    public var heal: String
    public var step: String
    /// Whether the item can be protected again, and what stands in the way.
    public var reprotect: String
  }

  public var items: Int
  public var counts: [String: Int]
  public var sweeps: [SweepReport]
  public var brakes: Brakes
  public var machines: [Row]

  public init(configuration: Configuration) async throws {
    let journal = try Assembly(configuration: configuration).journalForReading()
    let image = try await journal.load()
    let states = image.items
    brakes = image.brakes
    items = states.count { !$0.key.isDrill }
    counts = Dictionary(grouping: states, by: StatusReport.condition).mapValues(\.count)
    sweeps = try await journal.sweeps()
    machines = states.filter { StatusReport.condition($0) != "watched" }.sorted { $0.name < $1.name }.map(Row.init)
  }

  /// Whether an item can be protected again.
  static func reprotect(_ state: ItemState) -> String {
    if case .blocked(let legs) = state.reprotect {
      return "blocked by " + legs.map(\.leg.description).joined(separator: ", ")
    }
    return state.reprotect.word
  }

  /// One word for what is going on with an item.
  static func condition(_ state: ItemState) -> String {
    if state.transition != nil { return "failing over" }
    if state.held != nil, !(state.heal?.status.isRunning ?? false) { return "held" }
    if state.key.isDrill, !(state.heal?.status.isRunning ?? false) { return "test failover" }
    switch state.heal?.status {
    case .running: return "healing"
    case .parked: return "parked"
    case .healed: return "healed"
    case .healedUnverified: return "unverified"
    case .abandoned, nil: break
    }
    if !state.isListed { return "not listed" }
    return state.failover.map { !$0.isSettled } ?? false ? "failed over" : "watched"
  }
}

extension StatusReport.Row {
  init(_ state: ItemState) {
    item = state.name
    machine = state.live?.id.text ?? "-"
    location = state.live?.id.resourceGroup ?? "-"
    protectionState = state.protectionState.text
    switch state.heal?.status {
    case .parked(let why), .healedUnverified(let why): reason = why
    default: reason = state.held?.reason.rawValue ?? state.reason.rawValue
    }
    reprotect = StatusReport.reprotect(state)
    heal = state.heal?.status.word ?? "-"
    let current = state.heal?.steps.first { !$0.state.isOver }
    step = current.map { "\($0.title) (\($0.state.rawValue))" } ?? "-"
  }
}

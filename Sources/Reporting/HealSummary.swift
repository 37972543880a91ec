public import RecoveryCore

/// A heal for people and JSON: without the signed URLs of its operations, which are nobody's business.
public struct HealSummary: Sendable, Encodable {
  public struct Step: Sendable, Encodable {
    public var title: String
    public var state: String
    public var attempts: Int
    public var fault: Fault?
  }

  public var id: String
  public var machine: String
  public var vmID: String?
  public var status: String
  public var reason: String?
  public var started: String
  public var ended: String?
  public var round: Int
  public var steps: [Step]

  public init(_ heal: Heal) {
    id = heal.id
    machine = heal.machine.id.text
    vmID = heal.machine.vmID
    status = heal.status.word
    switch heal.status {
    case .parked(let why), .abandoned(let why), .healedUnverified(let why): reason = why
    case .running, .healed: reason = nil
    }
    started = heal.started.iso8601
    ended = heal.ended?.iso8601
    round = heal.round
    steps = heal.steps.map { Step(title: $0.title, state: $0.state.rawValue, attempts: $0.attempts, fault: $0.fault) }
  }
}

public import RecoveryCore
import Reporting
import WatchEngine

/// What one look showed of one machine, and what would be done: the shape of `plan --json`.
public struct PlannedMachine: Sendable, Encodable {
  public struct PlannedLeg: Sendable, Encodable {
    public var leg: String
    public var finding: Finding
    public var evidence: String
    public var lastHeartbeat: String?
    /// Where it was said that the machine must have it: `baseline`, or a profile.
    public var origin: String?
  }

  public struct PlannedStep: Sendable, Encodable {
    public var ordinal: Int
    public var verb: String
    public var title: String
    public var origin: String?
    /// Why it cannot be done; nil when it can.
    public var obstacle: String?
  }

  /// What is known of the machine while it is well.
  public struct Known: Sendable, Encodable {
    public var learned: String
    public var confirmed: String
    public var location: String
    public var identity: String
    public var extensions: [String]
    public var associations: [String]
    /// Regions whose data collection endpoint is known.
    public var endpoints: [String]
  }

  /// Something that would not come back by itself after a failover now.
  public struct Loss: Sendable, Encodable {
    public var part: String
    public var reason: String
    public var remedy: String
    /// Whether a person should do something about it before.
    public var wantsPerson: Bool
  }

  public var item: String
  public var itemID: String
  public var vault: String
  public var lifecycleID: String?
  public var machine: String?
  public var vmID: String?
  public var location: String
  public var protectionState: String
  public var activeLocation: String
  public var legs: [PlannedLeg]
  public var decision: Reason.Disposition
  public var reason: Reason
  public var steps: [PlannedStep]
  /// Nil when nothing was learned yet.
  public var known: Known?
  /// What the machine must have was made from these, in order.
  public var sources: [String]
  public var lost: [Loss]
  /// Whether the item can be protected again, and what stands in the way.
  public var reprotect: String
  public var fault: Fault?

  init(_ found: Survey.Finding) {
    item = found.item.friendlyName
    itemID = found.item.id.text
    vault = found.item.vault.text
    lifecycleID = found.item.lifecycleID
    machine = (found.state.live?.id ?? found.item.liveMachineID)?.text
    vmID = found.state.live?.vmID
    location = found.item.livePlace.location
    protectionState = found.item.protectionState.text
    activeLocation = found.item.activeLocation
    let origins = found.desired?.origins ?? [:]
    legs = found.state.legs.map { verdict in
      PlannedLeg(
        leg: verdict.leg.description, finding: verdict.finding, evidence: verdict.evidence,
        lastHeartbeat: verdict.lastHeartbeat?.iso8601, origin: origins[verdict.leg.description])
    }
    decision = found.steps.isEmpty ? found.reason.disposition : .heal
    reason = found.reason
    steps = found.steps.map { step in
      PlannedStep(
        ordinal: step.ordinal, verb: step.verb, title: step.title,
        origin: step.leg.flatMap { origins[$0.description] }, obstacle: step.fault?.message)
    }
    known = found.baseline.map { Known($0) }
    let expected = found.afterFailover ?? found.desired
    sources = expected?.sources ?? []
    lost = expected.map(Loss.all) ?? []
    reprotect = StatusReport.reprotect(found.state)
    fault = found.fault
  }
}

extension PlannedMachine.Known {
  public init(_ baseline: Baseline) {
    learned = baseline.learned.iso8601
    confirmed = baseline.confirmed.iso8601
    location = baseline.location
    identity = baseline.identity.type
    extensions = baseline.extensions.map(\.name)
    associations = baseline.associations.map(\.name)
    endpoints = baseline.endpoints.keys.sorted()
  }

  public var parts: Int {
    extensions.count + associations.count + endpoints.count + (identity == ManagedIdentity.none.type ? 0 : 1)
  }
}

extension PlannedMachine.Loss {
  /// What a desired state cannot bring back, and why.
  static func all(_ desired: DesiredState) -> [PlannedMachine.Loss] {
    desired.setAside.map { part in
      PlannedMachine.Loss(
        part: part.part, reason: part.reason.rawValue, remedy: part.reason.remedy,
        wantsPerson: part.reason.wantsPerson)
    }
      + desired.extensions.compactMap { wanted in
        wanted.obstacle.map { obstacle in
          let fault = Fault(obstacle, of: wanted)
          return PlannedMachine.Loss(
            part: Leg.extension(wanted.kind).description, reason: obstacle.rawValue, remedy: fault.remedy,
            wantsPerson: true)
        }
      }
  }
}

/// `plan --json` as a whole.
public struct PlanReport: Sendable, Encodable {
  public struct PlanAdvice: Sendable, Encodable {
    public var plan: String
    public var action: String?
    public var rule: PlanLint.Rule
    public var remedy: String
  }

  public var machines: [PlannedMachine]
  public var recoveryPlans: [PlanAdvice]
  public var summary: [String: Int]

  public init(machines: [PlannedMachine], lints: [PlanLint]) {
    self.machines = machines
    recoveryPlans = lints.map { PlanAdvice(plan: $0.plan, action: $0.action, rule: $0.rule, remedy: $0.remedy) }
    summary = Dictionary(grouping: machines, by: \.decision.rawValue).mapValues(\.count)
  }
}

/// Judges the legs of a machine against what it must have. Pure: the machine as read, and what explains it.
public struct Judge: Sendable {
  /// The failover that may explain what is broken; nil when none does.
  public var failover: Failover?

  public init(explainedBy failover: Failover?) {
    self.failover = failover.flatMap { $0.isSettled ? nil : $0 }
  }

  private var isExplained: Bool { failover != nil }

  /// One verdict a leg: machine, agent, identity, each extension in order, each association.
  public func legs(of machine: Machine, wanting desired: DesiredState) -> [LegVerdict] {
    var legs = [machineLeg(machine), agentLeg(machine)]
    if desired.identity != .none { legs.append(identityLeg(machine, wanting: desired.identity)) }
    legs += desired.extensions.map { judge($0, on: machine) }
    legs += desired.associations.map { judge($0, on: machine) }
    return legs
  }

  func machineLeg(_ machine: Machine) -> LegVerdict {
    let power = machine.power?.text ?? "no power state"
    if machine.isBeingDeleted { return LegVerdict(.machine, .inFlight, "the machine is being deleted") }
    return LegVerdict(.machine, machine.isRunning ? .healthy : .unjudged, power)
  }

  func agentLeg(_ machine: Machine) -> LegVerdict {
    guard let agent = machine.agent else { return LegVerdict(.agent, .unjudged, "no guest agent has reported") }
    let evidence = "\(agent.status?.text ?? "no status"), version \(agent.version)"
    return LegVerdict(.agent, agent.isReady ? .healthy : .unjudged, evidence)
  }

  func identityLeg(_ machine: Machine, wanting required: ManagedIdentity) -> LegVerdict {
    let evidence = "has \(machine.identity.type), needs \(required.type)"
    if machine.identity.covers(required) { return LegVerdict(.identity, .healthy, evidence) }
    return LegVerdict(.identity, isExplained ? .missing : .absent, evidence)
  }

  func judge(_ wanted: Association, on machine: Machine) -> LegVerdict {
    let leg = Leg.association(wanted.name)
    guard let associations = machine.associations else { return LegVerdict(leg, .unjudged, "not read") }
    guard let present = associations.first(where: { $0.name.lowercased() == wanted.name.lowercased() }) else {
      return LegVerdict(leg, isExplained ? .missing : .absent, "the machine has no such association")
    }
    if present.isSame(as: wanted) { return LegVerdict(leg, .healthy, "names \(wanted.targetID.name)") }
    return LegVerdict(leg, .wrong, "names \(present.targetID.text)")
  }

  /// The verdict table: the union of the extension resource and of what the guest reports, which can disagree with it.
  ///
  /// An `Unresponsive` whose last heartbeat is older than the failover, or beside which no resource exists, is proof.
  /// Anything that a healthy machine also shows for a while is `suspect`, and given a grace period elsewhere.
  func judge(_ wanted: DesiredExtension, on machine: Machine) -> LegVerdict {
    let leg = Leg.extension(wanted.kind)
    let resource = machine.resource(wanted.kind)
    let handler = machine.handler(wanted.kind)
    let evidence = Judge.evidence(resource, handler)
    func verdict(_ finding: Finding, _ words: String? = nil) -> LegVerdict {
      LegVerdict(
        leg, finding, words.map { "\($0); \(evidence)" } ?? evidence, resourceName: resource?.name,
        lastHeartbeat: handler?.lastHeartbeat)
    }
    guard machine.isRunning else { return verdict(.unjudged, "the machine is not running") }
    guard machine.isAgentReady else { return verdict(.unjudged, "the guest agent is not ready") }
    guard let resource else {
      guard isExplained else { return verdict(.absent) }
      guard let handler else { return verdict(.missing) }
      return verdict(handler.status?.state == "unresponsive" ? .stuck : .orphan)
    }
    switch resource.phase {
    case .inFlight, .beingDeleted: return verdict(.inFlight)
    case .failed: return verdict(.failed)
    case .unknown: return verdict(.unknown)
    case .settled: break
    }
    let reported = machine.extensionStatuses.first { $0.name.lowercased() == resource.name.lowercased() }
    if reported?.status?.state == "failed" { return verdict(.failed, reported?.message) }
    switch handler?.status?.state {
    case nil: return verdict(.suspect)
    case "succeeded", "ready": return verdict(.healthy)
    case "unresponsive":
      if let failed = failover?.cloudTime, let beat = handler?.lastHeartbeat, beat < failed {
        return verdict(.stuck, "silent since before the failover")
      }
      return verdict(.suspect)
    case "notready", "installing", "transitioning", "creating", "updating": return verdict(.suspect)
    default: return verdict(.unknown)
    }
  }

  private static func evidence(_ resource: ExtensionResource?, _ handler: ExtensionHandler?) -> String {
    let control = resource.map { "resource \($0.name) \($0.provisioningState)" } ?? "no extension resource"
    guard let handler else { return "\(control), no handler" }
    let heartbeat = handler.lastHeartbeat.map { ", last heartbeat \($0.iso8601)" } ?? ""
    return "\(control), handler \(handler.status?.text ?? "without a status") \(handler.version)\(heartbeat)"
  }
}

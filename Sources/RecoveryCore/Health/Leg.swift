/// One part of a machine's health. The verdict names the leg that fails.
public enum Leg: Hashable, Sendable, Codable, CustomStringConvertible {
  case machine
  case agent
  case identity
  case `extension`(ExtensionKind)
  case association(String)
  /// Rows of the machine in a table.
  case data(String)

  public var description: String {
    switch self {
    case .machine: "machine"
    case .agent: "agent"
    case .identity: "identity"
    case .extension(let kind): "extension \(kind.handlerType)"
    case .association(let name): "association \(name)"
    case .data(let table): "data \(table)"
    }
  }
}

extension Leg {
  /// What a person calls it: `AzureMonitorLinuxAgent`, `dcr-linux`.
  public var name: String {
    switch self {
    case .machine, .agent, .identity: description
    case .extension(let kind): kind.type
    case .association(let name): name
    case .data(let table): "rows in \(table)"
    }
  }
}

/// What was found of a leg.
public enum Finding: String, Sendable, Codable, CaseIterable {
  case healthy
  /// The handler is unresponsive although nobody installed it here: the mark of a failover.
  case stuck
  /// Neither resource nor handler.
  case missing
  /// The handler is there and speaks, but the machine has no such extension resource.
  case orphan
  /// The resource says that its last operation failed.
  case failed
  /// It looks bad in a way that a healthy machine also shows for a while.
  case suspect
  /// An operation on it runs: not to be touched.
  case inFlight
  /// It is not there and no failover explains it: perhaps removed on purpose.
  case absent
  /// It cannot be judged while the guest agent is silent or the machine is not running.
  case unjudged
  /// Something that is there is not what it must be: an association to another rule.
  case wrong
  /// A code that is not known, kept as it came.
  case unknown

  /// Whether it is proof of breakage, given that a failover explains it.
  public var isBroken: Bool {
    switch self {
    case .stuck, .missing, .orphan, .failed, .wrong: true
    case .healthy, .suspect, .inFlight, .absent, .unjudged, .unknown: false
    }
  }
}

/// What was found of one leg, and the evidence in the cloud's own words.
public struct LegVerdict: Hashable, Sendable, Codable {
  public var leg: Leg
  public var finding: Finding
  public var evidence: String
  /// The name under which the extension resource exists, when it does.
  public var resourceName: String?
  public var lastHeartbeat: Timestamp?

  public init(
    _ leg: Leg, _ finding: Finding, _ evidence: String, resourceName: String? = nil, lastHeartbeat: Timestamp? = nil
  ) {
    self.leg = leg
    self.finding = finding
    self.evidence = evidence
    self.resourceName = resourceName
    self.lastHeartbeat = lastHeartbeat
  }

  /// What of it must outlive the process. The heartbeat of a part that is well is a new one with every look, and worth
  /// nothing to the next start.
  var lasting: LegVerdict {
    finding == .healthy ? LegVerdict(leg, finding, "", resourceName: resourceName) : self
  }
}

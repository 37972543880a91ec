extension Scenario {
  /// What is particular about the machines of a group; times in simulated seconds.
  public struct Options: Sendable, Decodable, Equatable {
    public var agentLate: Double = 0
    /// The recovered machine's guest agent falls silent that long after it was ready.
    public var agentSilentAfter: Double?
    public var failoverSeconds: Double?
    public var failoverFails = false
    /// The protection state after a failover, when it is not the usual one.
    public var failoverState: String?
    public var stateDuringFailover = "Protected"
    public var keepsIdentity = false
    public var linuxHandlers = "missing"
    public var installFailures: [String: Int] = [:]
    /// Azure Policy installs the agent by itself that long after the recovered machine is ready.
    public var policyInstallsAfter: Double?
    /// Extension types that the recovery region does not have.
    public var withdrawn: [String] = []
    public var lingeringTestState = false
    /// Nothing but the test machine's name tells which one it is.
    public var hidesTestMachineID = false
    /// What the removal of an extension of a machine that is gone is answered with.
    public var deleteMissingVM = 404
    /// Associations of a deleted machine are listed by rule until they are deleted.
    public var orphanAssociations = false

    enum CodingKeys: String, CodingKey, CaseIterable {
      case agentLate, agentSilentAfter, failoverSeconds, failoverFails, failoverState, stateDuringFailover
      case keepsIdentity, linuxHandlers, installFailures, policyInstallsAfter, withdrawn, lingeringTestState
      case hidesTestMachineID, deleteMissingVM, orphanAssociations
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      agentLate = try values.optional(.agentLate) ?? agentLate
      agentSilentAfter = try values.optional(.agentSilentAfter)
      failoverSeconds = try values.optional(.failoverSeconds)
      failoverFails = try values.optional(.failoverFails) ?? failoverFails
      failoverState = try values.optional(.failoverState)
      stateDuringFailover = try values.optional(.stateDuringFailover) ?? stateDuringFailover
      keepsIdentity = try values.optional(.keepsIdentity) ?? keepsIdentity
      linuxHandlers = try values.optional(.linuxHandlers) ?? linuxHandlers
      installFailures = try values.optional(.installFailures) ?? installFailures
      policyInstallsAfter = try values.optional(.policyInstallsAfter)
      withdrawn = try values.optional(.withdrawn) ?? withdrawn
      lingeringTestState = try values.optional(.lingeringTestState) ?? lingeringTestState
      hidesTestMachineID = try values.optional(.hidesTestMachineID) ?? hidesTestMachineID
      deleteMissingVM = try values.optional(.deleteMissingVM) ?? deleteMissingVM
      orphanAssociations = try values.optional(.orphanAssociations) ?? orphanAssociations
    }
  }

  /// Simulated seconds.
  public struct Timings: Sendable, Decodable {
    public var failover: Double = 145
    public var machineVisibleBefore: Double = 35
    public var boot: Double = 20
    public var agent: Double = 60
    public var operation: Double = 30
    public var handlerSettles: Double = 20
    public var handlerLingers: Double = 60
    public var heartbeat: Double = 15
    public var seeding: Double = 2400
    /// From a machine's sending a row until a query finds it.
    public var ingestion: Double = 120

    enum CodingKeys: String, CodingKey, CaseIterable {
      case failover, machineVisibleBefore, boot, agent, operation, handlerSettles, handlerLingers, heartbeat, seeding
      case ingestion
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      failover = try values.optional(.failover) ?? failover
      machineVisibleBefore = try values.optional(.machineVisibleBefore) ?? machineVisibleBefore
      boot = try values.optional(.boot) ?? boot
      agent = try values.optional(.agent) ?? agent
      operation = try values.optional(.operation) ?? operation
      handlerSettles = try values.optional(.handlerSettles) ?? handlerSettles
      handlerLingers = try values.optional(.handlerLingers) ?? handlerLingers
      heartbeat = try values.optional(.heartbeat) ?? heartbeat
      seeding = try values.optional(.seeding) ?? seeding
      ingestion = try values.optional(.ingestion) ?? ingestion
    }
  }
}

/// An ASR replication protected item of the A2A provider, as one read showed it.
///
/// Source: `GET {vault}/replicationProtectedItems`, api-version 2025-08-01. All states are open sets.
public struct ProtectedItem: Hashable, Sendable {
  public var id: ResourceID
  public var name: String
  public var vault: ResourceID
  public var friendlyName: String
  public var instanceType: String
  public var protectionState: ProtectionState
  /// `Primary` or `Recovery`; anything else is unknown and never acted upon.
  public var activeLocation: String
  public var testFailoverState: String?
  public var allowedOperations: [String]
  /// `currentScenario.scenarioName`; nil when idle (`None`, empty or absent).
  public var scenario: String?
  public var lastSuccessfulFailover: Timestamp?

  /// Survives re-protect; null until first protected and while a re-protect synchronises.
  public var lifecycleID: String?
  /// The machine at the current replication source.
  public var fabricObjectID: ResourceID?
  /// The failed-over machine; null while protected.
  public var recoveryFabricObjectID: ResourceID?
  public var testFailoverMachineID: ResourceID?
  public var testFailoverMachineName: String?
  public var recoveryMachineName: String?
  public var recoveryResourceGroup: ResourceID?
  public var primary: Place
  public var recovery: Place
  public var initialPrimary: Place
  public var operatingSystem: OperatingSystem?

  /// A location and, for zone-to-zone items, a zone.
  public struct Place: Hashable, Sendable, Codable {
    public var location: String
    public var zone: String?

    public init(location: String, zone: String? = nil) {
      self.location = Place.normalized(location)
      self.zone = zone.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `UK South` and `uksouth` are one location.
    public static func normalized(_ location: String) -> String {
      // Nearly all come as they are kept.
      let isKept = location.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
      return isKept ? location : location.lowercased().filter { $0 != " " }
    }
  }

  public init(
    id: ResourceID, name: String, vault: ResourceID, friendlyName: String, instanceType: String = "A2A",
    protectionState: ProtectionState, activeLocation: String, testFailoverState: String? = nil,
    allowedOperations: [String] = [], scenario: String? = nil, lastSuccessfulFailover: Timestamp? = nil,
    lifecycleID: String? = nil, fabricObjectID: ResourceID? = nil, recoveryFabricObjectID: ResourceID? = nil,
    testFailoverMachineID: ResourceID? = nil, testFailoverMachineName: String? = nil,
    recoveryMachineName: String? = nil, recoveryResourceGroup: ResourceID? = nil, primary: Place, recovery: Place,
    initialPrimary: Place, operatingSystem: OperatingSystem? = nil
  ) {
    self.id = id
    self.name = name
    self.vault = vault
    self.friendlyName = friendlyName
    self.instanceType = instanceType
    self.protectionState = protectionState
    self.activeLocation = activeLocation
    self.testFailoverState = testFailoverState
    self.allowedOperations = allowedOperations
    self.scenario = scenario
    self.lastSuccessfulFailover = lastSuccessfulFailover
    self.lifecycleID = lifecycleID
    self.fabricObjectID = fabricObjectID
    self.recoveryFabricObjectID = recoveryFabricObjectID
    self.testFailoverMachineID = testFailoverMachineID
    self.testFailoverMachineName = testFailoverMachineName
    self.recoveryMachineName = recoveryMachineName
    self.recoveryResourceGroup = recoveryResourceGroup
    self.primary = primary
    self.recovery = recovery
    self.initialPrimary = initialPrimary
    self.operatingSystem = operatingSystem
  }

  public var isAzureToAzure: Bool { instanceType.lowercased() == "a2a" }
  public var isActiveAtRecovery: Bool { activeLocation.lowercased() == "recovery" }
  public var isActiveAtPrimary: Bool { activeLocation.lowercased() == "primary" }

  /// Where the live machine must be.
  public var livePlace: Place { isActiveAtRecovery ? recovery : primary }

  /// The machine that now runs the workload: the one formula that holds before failover, after it, after
  /// re-protect and after failback.
  public var liveMachineID: ResourceID? {
    if isActiveAtRecovery {
      return recoveryFabricObjectID ?? recoveryMachineID
    }
    return isActiveAtPrimary ? fabricObjectID : nil
  }

  /// What a failover would call the machine that it makes.
  public var recoveryMachineID: ResourceID? {
    guard let recoveryResourceGroup, let recoveryMachineName, !recoveryMachineName.isEmpty else { return nil }
    return .machine(named: recoveryMachineName, in: recoveryResourceGroup)
  }

  /// The machine at the replication source, where it is not the live one: what a failover left behind, until
  /// re-protect deletes it.
  public var sourceMachineID: ResourceID? { fabricObjectID == liveMachineID ? nil : fabricObjectID }

  /// Whether the item is failed over, or was and is protected in the other direction now.
  public var isFailedOverOrReversed: Bool { isActiveAtRecovery || primary != initialPrimary }

  /// The machine that a test failover made, for as long as the test runs. Its id is not always told; then its name and
  /// group are. `MarkedForDeletion` lingers on items whose test machine is long gone.
  public var testMachineID: ResourceID? {
    let state = testFailoverState?.lowercased() ?? "none"
    guard state != "markedfordeletion" else { return nil }
    if let testFailoverMachineID { return testFailoverMachineID }
    guard state == "waitingforcompletion", let testFailoverMachineName, !testFailoverMachineName.isEmpty,
      let recoveryResourceGroup
    else { return nil }
    return .machine(named: testFailoverMachineName, in: recoveryResourceGroup)
  }

  /// Whether a machine is the one that a test failover made: never acted upon.
  public func isTestMachine(_ machine: ResourceID) -> Bool {
    if machine == testFailoverMachineID || machine == testMachineID { return true }
    guard let testFailoverMachineName, !testFailoverMachineName.isEmpty else { return false }
    return machine.name.lowercased() == testFailoverMachineName.lowercased()
      && machine.name.lowercased() != recoveryMachineName?.lowercased()
  }

  /// A re-protect that runs makes the machine no less live.
  public var isBusyWithAnythingButReprotect: Bool {
    guard let scenario = scenario?.lowercased() else { return false }
    return !(scenario.hasPrefix("switch") || scenario.contains("reprotect") || scenario.hasPrefix("reverse"))
  }
}

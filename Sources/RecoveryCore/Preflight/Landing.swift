/// Where a failover now would put an item's machine; once it is failed over, where the machine runs.
public struct Landing: Hashable, Sendable {
  public var group: ResourceID
  public var location: String

  public var region: ComputeRegion { ComputeRegion(subscription: group.subscription, location: location) }
}

/// A region as one subscription sees it.
public struct ComputeRegion: Hashable, Sendable {
  public var subscription: String
  public var location: String

  public init(subscription: String, location: String) {
    self.subscription = subscription.lowercased()
    self.location = location
  }
}

extension ProtectedItem {
  /// Nil when the item does not say.
  public var landing: Landing? {
    if isActiveAtRecovery {
      return liveMachineID?.group.map { Landing(group: $0, location: recovery.location) }
    }
    return recoveryResourceGroup.map { Landing(group: $0, location: recovery.location) }
  }

  /// The resource groups of both sides: a machine that fails over comes back one day.
  public var groups: Set<ResourceID> {
    Set([recoveryResourceGroup, recoveryFabricObjectID?.group, fabricObjectID?.group].compactMap { $0 })
  }

  /// The machine as a failover now would make it.
  public func landed(_ machine: Machine) -> Machine {
    guard isActiveAtPrimary else { return machine }
    var machine = machine
    machine.location = recovery.location
    if let group = recoveryResourceGroup {
      machine.id = .machine(named: recoveryMachineName ?? machine.id.name, in: group)
    }
    return machine
  }
}

extension Baseline {
  /// The machine as it was when it was confirmed last, as far as profiles look at one.
  public var remembered: Machine {
    Machine(
      id: machine.id, vmID: machine.vmID ?? "", location: location, zones: zones, tags: tags,
      operatingSystem: operatingSystem, identity: identity)
  }
}

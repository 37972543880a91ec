package import JSONReading
package import RecoveryCore

/// Source: Site Recovery, ReplicationProtectedItem with A2A provider details, api-version 2025-08-01. Every field may be
/// absent or null; only the item's own id must be there.
extension ProtectedItem {
  package init?(_ document: JSONDocument, in vault: ResourceID) {
    guard let itemID = document.text("id").flatMap({ ResourceID($0) }), let properties = document["properties"] else {
      return nil
    }
    let details = properties["providerSpecificDetails"]
    func id(_ name: StaticString) -> ResourceID? { details?.text(name).flatMap { ResourceID($0) } }
    func place(_ location: StaticString, _ zone: StaticString) -> Place {
      Place(location: details?.text(location) ?? "", zone: details?.text(zone))
    }
    let scenario = properties["currentScenario"]?.text("scenarioName")
    let time = properties.text("lastSuccessfulFailoverTime").flatMap { Timestamp(iso8601: $0) }
    let name = document.text("name") ?? itemID.name
    let primary = place("primaryFabricLocation", "primaryAvailabilityZone")
    self.init(
      id: itemID, name: name, vault: vault, friendlyName: properties.text("friendlyName") ?? name,
      instanceType: details?.text("instanceType") ?? "",
      protectionState: ProtectionState(properties.text("protectionState") ?? ""),
      activeLocation: properties.text("activeLocation") ?? "",
      testFailoverState: properties.text("testFailoverState"),
      allowedOperations: properties["allowedOperations"]?.elements.compactMap(\.text) ?? [],
      scenario: scenario.flatMap { $0.isEmpty || $0.lowercased() == "none" ? nil : $0 },
      lastSuccessfulFailover: time.flatMap { $0.isSentinel ? nil : $0 }, lifecycleID: details?.text("lifecycleId"),
      fabricObjectID: id("fabricObjectId"), recoveryFabricObjectID: id("recoveryFabricObjectId"),
      testFailoverMachineID: id("testFailoverRecoveryFabricObjectId"),
      testFailoverMachineName: details?.text("tfoAzureVMName"),
      recoveryMachineName: details?.text("recoveryAzureVMName"),
      recoveryResourceGroup: id("recoveryAzureResourceGroupId"), primary: primary,
      recovery: place("recoveryFabricLocation", "recoveryAvailabilityZone"),
      initialPrimary: details?.text("initialPrimaryFabricLocation").map {
        Place(location: $0, zone: details?.text("initialPrimaryZone"))
      } ?? primary,
      operatingSystem: details?.text("osType").flatMap { OperatingSystem(azure: $0) })
  }
}

/// Source: Site Recovery, Job, api-version 2025-08-01.
extension ReplicationJob {
  init?(_ document: JSONDocument) {
    guard let name = document.text("name"), let properties = document["properties"] else { return nil }
    func time(_ name: StaticString) -> Timestamp? {
      properties.text(name).flatMap { Timestamp(iso8601: $0) }.flatMap { $0.isSentinel ? nil : $0 }
    }
    self.init(
      name: name, scenario: properties.text("scenarioName") ?? "", state: properties.text("state") ?? "",
      targetName: properties.text("targetObjectName") ?? "", targetType: properties.text("targetInstanceType") ?? "",
      started: time("startTime"), ended: time("endTime"))
  }
}

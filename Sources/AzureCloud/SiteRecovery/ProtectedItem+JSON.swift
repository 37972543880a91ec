package import JSONReading
package import RecoveryCore

/// Source: Site Recovery, ReplicationProtectedItem with A2A provider details, api-version 2025-08-01. Every field may be
/// absent or null; only the item's own id must be there.
extension ProtectedItem {
  package init?(_ document: JSONDocument, in vault: ResourceID) {
    guard let itemID = document["id"]?.text.flatMap({ ResourceID($0) }), let properties = document["properties"] else {
      return nil
    }
    let details = properties["providerSpecificDetails"]
    func id(_ name: String) -> ResourceID? { details?[name]?.text.flatMap { ResourceID($0) } }
    func place(_ location: String, _ zone: String) -> Place {
      Place(location: details?[location]?.text ?? "", zone: details?[zone]?.text)
    }
    let scenario = properties["currentScenario"]?["scenarioName"]?.text
    let time = properties["lastSuccessfulFailoverTime"]?.text.flatMap { Timestamp(iso8601: $0) }
    let name = document["name"]?.text ?? itemID.name
    let primary = place("primaryFabricLocation", "primaryAvailabilityZone")
    self.init(
      id: itemID, name: name, vault: vault, friendlyName: properties["friendlyName"]?.text ?? name,
      instanceType: details?["instanceType"]?.text ?? "",
      protectionState: ProtectionState(properties["protectionState"]?.text ?? ""),
      activeLocation: properties["activeLocation"]?.text ?? "",
      testFailoverState: properties["testFailoverState"]?.text,
      allowedOperations: properties["allowedOperations"]?.elements.compactMap(\.text) ?? [],
      scenario: scenario.flatMap { $0.isEmpty || $0.lowercased() == "none" ? nil : $0 },
      lastSuccessfulFailover: time.flatMap { $0.isSentinel ? nil : $0 }, lifecycleID: details?["lifecycleId"]?.text,
      fabricObjectID: id("fabricObjectId"), recoveryFabricObjectID: id("recoveryFabricObjectId"),
      testFailoverMachineID: id("testFailoverRecoveryFabricObjectId"),
      testFailoverMachineName: details?["tfoAzureVMName"]?.text,
      recoveryMachineName: details?["recoveryAzureVMName"]?.text,
      recoveryResourceGroup: id("recoveryAzureResourceGroupId"), primary: primary,
      recovery: place("recoveryFabricLocation", "recoveryAvailabilityZone"),
      initialPrimary: details?["initialPrimaryFabricLocation"]?.text.map {
        Place(location: $0, zone: details?["initialPrimaryZone"]?.text)
      } ?? primary,
      operatingSystem: details?["osType"]?.text.flatMap { OperatingSystem(azure: $0) })
  }
}

/// Source: Site Recovery, Job, api-version 2025-08-01.
extension ReplicationJob {
  init?(_ document: JSONDocument) {
    guard let name = document["name"]?.text, let properties = document["properties"] else { return nil }
    func time(_ name: String) -> Timestamp? {
      properties[name]?.text.flatMap { Timestamp(iso8601: $0) }.flatMap { $0.isSentinel ? nil : $0 }
    }
    self.init(
      name: name, scenario: properties["scenarioName"]?.text ?? "", state: properties["state"]?.text ?? "",
      targetName: properties["targetObjectName"]?.text ?? "", targetType: properties["targetInstanceType"]?.text ?? "",
      started: time("startTime"), ended: time("endTime"))
  }
}

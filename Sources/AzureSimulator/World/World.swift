import FoundationEssentials

/// The beginning of a scenario: every machine well, every item protected.
struct World {
  let scenario: Scenario
  let start: Date
  var items: [String: SimulatedItem] = [:]
  var listing: [String: [String]] = [:]
  var itemsByName: [String: String] = [:]
  var machines: [String: SimulatedMachine] = [:]
  private var number = 0

  init(_ scenario: Scenario, start: Date) {
    self.scenario = scenario
    self.start = start
  }

  mutating func build() {
    for vault in scenario.vaults { listing[vault.name.lowercased()] = [] }
    for group in scenario.machines {
      for index in 1...max(1, group.count) { add(group, index) }
    }
  }

  static func machineID(_ side: SimulatedItem.Side, _ name: String) -> String {
    "/subscriptions/\(side.subscription)/resourceGroups/\(side.resourceGroup)/providers/Microsoft.Compute/virtualMachines/\(name)"
  }

  /// A fabric is a region; a zone of it has a container of its own.
  static func containerID(_ side: SimulatedItem.Side, in vault: Scenario.Vault) -> String {
    let fabric = "asr-a2a-default-\(side.location)"
    let zone = side.zone.map { "-z\($0)" } ?? ""
    return
      "/Subscriptions/\(vault.subscription)/resourceGroups/\(vault.resourceGroup)/providers/Microsoft.RecoveryServices/vaults/\(vault.name)/replicationFabrics/\(fabric)/replicationProtectionContainers/\(fabric)\(zone)-container"
  }

  static func itemID(_ item: SimulatedItem, in vault: Scenario.Vault) -> String {
    "\(containerID(item.primary, in: vault))/replicationProtectedItems/\(item.name)"
  }

  private mutating func add(_ group: Scenario.Group, _ index: Int) {
    guard let vault = scenario.vaults.first(where: { $0.name == group.vault }) else { return }
    number += 1
    let digits = index < 10 ? "0\(index)" : "\(index)"
    let name = group.name.replacing("##", with: digits)
    let from = SimulatedItem.Side(group.from)
    let isWindows = group.os.lowercased() == "windows"
    var machine = SimulatedMachine(
      id: World.machineID(from, name), name: name, vmID: World.guid("50", number), isWindows: isWindows,
      location: from.location, zone: from.zone, tags: group.tags, isSystemAssigned: group.systemAssigned,
      userAssigned: group.userAssigned, created: start.addingTimeInterval(-90 * 86_400), role: .live, item: name,
      vault: group.vault, options: group.options, isAttachedDisk: false, runsAt: start, agentReadyAt: start)
    equip(&machine, group)
    if machine.isSending(start) { machine.sendingSince = start }
    machine.before = SimulatedMachine.Before(
      extensions: Array(machine.extensions.values), associations: Array(machine.associations.values),
      identityType: machine.identityType, userAssigned: machine.userAssigned)
    machines[machine.id.lowercased()] = machine
    let recovery = SimulatedItem.Side(group.to)
    var item = SimulatedItem(
      name: "\(name)-item", friendlyName: name, vault: vault.name, isWindows: isWindows,
      lifecycleID: World.guid("1f", number), primary: from, recovery: recovery, initialPrimary: from,
      initialRecovery: recovery, source: machine.id, options: group.options)
    item.cluster = group.cluster
    let key = World.itemID(item, in: vault).lowercased()
    items[key] = item
    itemsByName[name] = key
    listing[vault.name.lowercased(), default: []].append(key)
  }

  private func equip(_ machine: inout SimulatedMachine, _ group: Scenario.Group) {
    for wanted in group.extensions {
      let type = wanted.type.replacing("*", with: machine.isWindows ? "Windows" : "Linux")
      var resource = SimulatedExtension(
        name: wanted.name ?? type, publisher: wanted.publisher, type: type, version: wanted.version,
        autoUpgradeMinorVersion: wanted.autoUpgradeMinorVersion,
        enableAutomaticUpgrade: wanted.enableAutomaticUpgrade, settings: wanted.settings,
        provisionAfterExtensions: wanted.provisionAfterExtensions, provisioningState: "Succeeded")
      resource.hasProtectedSettings = wanted.needsProtectedSettings
      let key = resource.handlerType.lowercased()
      machine.extensions[resource.name.lowercased()] = resource
      machine.kinds[key] = SimulatedMachine.Kind(
        isRunOnce: wanted.runOnce, needsProtectedSettings: wanted.needsProtectedSettings)
      machine.tally[key, default: .init()].runs = 1
      machine.handlers[key] = SimulatedHandler(
        type: resource.handlerType, version: "\(wanted.version).5.18", code: "ProvisioningState/succeeded",
        message: "Plugin enabled")
    }
    for (name, rule) in group.associations {
      machine.associations[name.lowercased()] = SimulatedAssociation(name: name, rule: rule)
    }
    for (name, rule) in group.ownedAssociations {
      machine.associations[name.lowercased()] = SimulatedAssociation(
        name: name, rule: rule, owner: "Microsoft.Security/dataCollectionAgents")
    }
    if let endpoint = group.endpoint {
      let name = "configurationAccessEndpoint"
      machine.associations[name.lowercased()] = SimulatedAssociation(name: name, endpoint: endpoint)
    }
  }

  private static func guid(_ prefix: String, _ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "\(prefix)000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }
}

extension SimulatedItem.Side {
  init(_ side: Scenario.Side) {
    self.init(
      location: side.location, zone: side.zone, resourceGroup: side.resourceGroup, subscription: side.subscription)
  }
}

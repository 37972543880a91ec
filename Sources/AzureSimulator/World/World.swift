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

  static func itemID(_ item: SimulatedItem, in vault: Scenario.Vault) -> String {
    let fabric = "asr-a2a-default-\(item.primary.location)"
    return
      "/Subscriptions/\(vault.subscription)/resourceGroups/\(vault.resourceGroup)/providers/Microsoft.RecoveryServices/vaults/\(vault.name)/replicationFabrics/\(fabric)/replicationProtectionContainers/\(fabric)-container/replicationProtectedItems/\(item.name)"
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
      created: start.addingTimeInterval(-90 * 86_400), role: .live, item: name, vault: group.vault,
      isAttachedDisk: false, runsAt: start, agentReadyAt: start)
    for wanted in group.extensions {
      let type = wanted.type.replacing("*", with: isWindows ? "Windows" : "Linux")
      let resource = SimulatedExtension(
        name: type, publisher: wanted.publisher, type: type, version: wanted.version, provisioningState: "Succeeded")
      machine.extensions[type.lowercased()] = resource
      machine.handlers[resource.handlerType.lowercased()] = SimulatedHandler(
        type: resource.handlerType, version: "\(wanted.version).5.18", code: "ProvisioningState/succeeded",
        message: "Plugin enabled")
    }
    for (association, rule) in group.associations {
      machine.associations[association.lowercased()] = SimulatedAssociation(name: association, rule: rule)
    }
    machine.sendingSince = start
    machine.before = SimulatedMachine.Before(
      extensions: Array(machine.extensions.values), associations: Array(machine.associations.values),
      identityType: machine.identityType)
    machines[machine.id.lowercased()] = machine
    let item = SimulatedItem(
      name: "\(name)-item", friendlyName: name, vault: vault.name, isWindows: isWindows,
      lifecycleID: World.guid("1f", number), primary: from, recovery: SimulatedItem.Side(group.to),
      initialPrimary: from, source: machine.id, options: group.options)
    let key = World.itemID(item, in: vault).lowercased()
    items[key] = item
    itemsByName[name] = key
    listing[vault.name.lowercased(), default: []].append(key)
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

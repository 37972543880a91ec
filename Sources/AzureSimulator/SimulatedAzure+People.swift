import FoundationEssentials

/// What people and Azure Policy do to machines and items, beside Site Recovery.
extension SimulatedAzure {
  /// The item's live machine.
  private func liveMachine(_ key: String) -> String? {
    guard let item = items[key] else { return nil }
    return (item.activeLocation == "Recovery" ? item.recovered : item.source)?.lowercased()
  }

  /// The machine is deleted; its associations may be left behind.
  func remove(_ key: String) {
    guard let machine = machines[key], machine.exists else { return }
    if machine.options.orphanAssociations {
      for association in machine.associations.values {
        let id = SimulatedAssociation.id(association.name, of: machine.id).lowercased()
        orphans[id] = SimulatedOrphan(machine: machine.id, association: association)
      }
    }
    machines[key]?.exists = false
    machines[key]?.operation = nil
    machines[key]?.sendingSince = nil
  }

  /// The item is no longer protected: it leaves the list, and its machines stay.
  func disableProtection(_ key: String) {
    guard let item = items.removeValue(forKey: key) else { return }
    end(begin("DisableDr", "Disable replication", target: item.friendlyName, vault: item.vault))
    itemsByName[item.friendlyName] = nil
    listing[item.vault.lowercased()]?.removeAll { $0 == key }
  }

  func switchPower(_ key: String, isOn: Bool) {
    guard let machine = liveMachine(key) else { return }
    machines[machine]?.power = isOn ? nil : "deallocated"
    guard isOn else { return }
    let runs = now.addingTimeInterval(scenario.timings.boot)
    machines[machine]?.runsAt = runs
    machines[machine]?.agentReadyAt = runs.addingTimeInterval(scenario.timings.agent)
  }

  /// A person removes an extension on purpose: it belongs to what was there before no longer.
  func removeExtension(_ key: String, _ type: String) {
    guard let machine = liveMachine(key),
      let found = machines[machine]?.extensions.first(where: { $0.value.type.lowercased() == type.lowercased() })
    else { return }
    machines[machine]?.extensions[found.key] = nil
    machines[machine]?.before.extensions.removeAll { $0.handlerType == found.value.handlerType }
    vanish(found.value.handlerType, of: machine)
  }

  /// Azure Policy's deployment: it looks for a resource of the kind that succeeded, and for nothing else.
  func installByPolicy(_ key: String, _ vmID: String) {
    guard let machine = machines[key], machine.exists, machine.vmID == vmID else { return }
    let publisher = "Microsoft.Azure.Monitor"
    let type = machine.isWindows ? "AzureMonitorWindowsAgent" : "AzureMonitorLinuxAgent"
    let existing = machine.extensions.values.first {
      $0.handlerType.lowercased() == "\(publisher).\(type)".lowercased()
    }
    if existing?.provisioningState == "Succeeded" { return }
    guard machine.operation == nil, machine.powerState(now) == "running" else {
      later(30) { azure in azure.installByPolicy(key, vmID) }
      return
    }
    let name = existing?.name ?? type
    machines[key]?.extensions[name.lowercased()] = SimulatedExtension(
      name: name, publisher: publisher, type: type, version: "1.2", provisioningState: "Creating")
    machines[key]?.tally["\(publisher).\(type)".lowercased(), default: .init()].started += 1
    count("policy")
    _ = begin(.put, key, name.lowercased())
  }
}

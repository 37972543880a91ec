import FoundationEssentials

/// Machines and what belongs to them, as Compute and Azure Monitor show them.
extension SimulatedAzure {
  func render(_ machine: SimulatedMachine, withView: Bool) -> JSON {
    let disk: JSON = [
      "osType": .string(machine.isWindows ? "Windows" : "Linux"), "name": .string("\(machine.name)-os"),
      "createOption": .string(machine.isAttachedDisk ? "Attach" : "FromImage"), "caching": "ReadWrite",
      "deleteOption": "Detach", "diskSizeGB": 127,
    ]
    var properties: [(String, JSON)] = [
      ("vmId", .string(machine.vmID)), ("hardwareProfile", ["vmSize": "Standard_D4s_v5"]),
      ("provisioningState", machine.operation == nil ? "Succeeded" : "Updating"),
      ("timeCreated", time(machine.created)), ("storageProfile", ["osDisk": disk, "dataDisks": []]),
      (
        "networkProfile",
        [
          "networkInterfaces": [
            ["id": .string(shown(machine.id).replacing("Compute/virtualMachines", with: "Network/networkInterfaces"))]
          ]
        ]
      ),
    ]
    if !machine.isAttachedDisk {
      properties.append(("osProfile", ["computerName": .string(machine.name), "adminUsername": "azureuser"]))
    }
    if withView { properties.append(("instanceView", view(machine))) }
    var members: [(String, JSON)] = [
      ("id", .string(shown(machine.id))), ("name", .string(machine.name)),
      ("type", "Microsoft.Compute/virtualMachines"),
      ("location", .string(machine.location)),
      ("tags", .object(machine.tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      ("properties", .object(properties)), ("etag", .string("\"\(machine.writes)\"")),
    ]
    if let identity = identity(machine) { members.append(("identity", identity)) }
    if let zone = machine.zone { members.append(("zones", [.string(zone)])) }
    // Settings are told as they were sent, whatever else is odd.
    guard !machine.extensions.isEmpty, case .object(let oddities) = odd(.object(members)) else {
      return odd(.object(members))
    }
    let children: JSON = .array(sorted(machine).map { render($0, machine, withView: false) })
    return .object(oddities + [("resources", children)])
  }

  private func sorted(_ machine: SimulatedMachine) -> [SimulatedExtension] {
    machine.extensions.values.sorted { $0.name < $1.name }
  }

  private func identity(_ machine: SimulatedMachine) -> JSON? {
    guard machine.identityType != "None" else { return nil }
    var members: [(String, JSON)] = [("type", .string(machine.identityType))]
    if machine.isSystemAssigned {
      members += [
        ("principalId", .string("9a" + machine.vmID.dropFirst(2))), ("tenantId", .string(SimulatedAzure.tenant)),
      ]
    }
    if !machine.userAssigned.isEmpty {
      let ids: [(String, JSON)] = machine.userAssigned.sorted().map {
        ($0, ["principalId": .string(SimulatedAzure.tenant), "clientId": .string(SimulatedAzure.tenant)])
      }
      members.append(("userAssignedIdentities", .object(ids)))
    }
    return .object(members)
  }

  static let tenant = "7e000000-0000-4000-8000-000000000001"

  /// All extensions of a machine: with or without what its guest says of them.
  func renderExtensions(_ machine: SimulatedMachine, withView: Bool) -> JSON {
    ["value": .array(sorted(machine).map { render($0, machine, withView: withView) })]
  }

  func render(_ resource: SimulatedExtension, _ machine: SimulatedMachine, withView: Bool) -> JSON {
    var properties: [(String, JSON)] = [
      ("publisher", .string(resource.publisher)), ("type", .string(resource.type)),
      ("typeHandlerVersion", .string(resource.version)), ("provisioningState", .string(resource.provisioningState)),
      ("autoUpgradeMinorVersion", .bool(resource.autoUpgradeMinorVersion)),
      ("enableAutomaticUpgrade", .bool(resource.enableAutomaticUpgrade)),
    ]
    if let settings = resource.settings {
      properties.append(("settings", settings))
    } else if scenario.quirks.contains(.textSettings) {
      properties.append(("settings", "{}"))
    }
    if let isSuppressed = resource.suppressFailures { properties.append(("suppressFailures", .bool(isSuppressed))) }
    if let tag = resource.forceUpdateTag { properties.append(("forceUpdateTag", .string(tag))) }
    if !resource.provisionAfterExtensions.isEmpty {
      properties.append(("provisionAfterExtensions", JSON(resource.provisionAfterExtensions)))
    }
    if withView { properties.append(("instanceView", view(resource))) }
    return [
      "id": .string("\(shown(machine.id))/extensions/\(resource.name)"), "name": .string(resource.name),
      "type": "Microsoft.Compute/virtualMachines/extensions", "location": .string(machine.location),
      "properties": .object(properties),
    ]
  }

  func render(_ association: SimulatedAssociation, on machine: String) -> JSON {
    var properties: [(String, JSON)] = []
    if let rule = association.rule { properties.append(("dataCollectionRuleId", .string(rule))) }
    if let endpoint = association.endpoint { properties.append(("dataCollectionEndpointId", .string(endpoint))) }
    if let owner = association.owner { properties.append(("metadata", ["provisionedBy": .string(owner)])) }
    properties.append(("provisioningState", "Succeeded"))
    return [
      "id": .string(SimulatedAssociation.id(association.name, of: machine)), "name": .string(association.name),
      "type": "Microsoft.Insights/dataCollectionRuleAssociations", "etag": "\"0a00\"",
      "properties": .object(properties),
    ]
  }
}

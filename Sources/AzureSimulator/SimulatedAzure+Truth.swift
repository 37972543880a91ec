import FoundationEssentials

/// What is really there, for whoever judges: `GET /_simulator/truth`.
extension SimulatedAzure {
  func truth() -> JSON {
    let now = self.now
    let machines = self.machines.values.sorted { ($0.item, $0.role.rawValue) < ($1.item, $1.role.rawValue) }
    let items: [JSON] = self.items.values.sorted { $0.friendlyName < $1.friendlyName }.map { item in
      [
        "name": .string(item.friendlyName), "vault": .string(item.vault),
        "protectionState": .string(item.protectionState), "activeLocation": .string(item.activeLocation),
        "scenario": .string(item.scenario),
      ]
    }
    let requests: [(String, JSON)] = counts.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }
    let orphans: [JSON] = self.orphans.sorted { $0.key < $1.key }.map { _, orphan in
      ["machine": .string(orphan.machine), "association": truth(orphan.association)]
    }
    let ingested = self.ingested.sorted { $0.key < $1.key }.map { ($0.key, JSON.array($0.value)) }
    return [
      "now": .string(now.azure), "machines": .array(machines.map { truth($0, now) }), "items": .array(items),
      "requests": .object(requests), "writes": .array(writes.map(truth)), "orphans": .array(orphans),
      "ingested": .object(ingested),
    ]
  }

  private func truth(_ machine: SimulatedMachine, _ now: Date) -> JSON {
    [
      "id": .string(machine.id), "vmId": .string(machine.vmID), "name": .string(machine.name),
      "os": machine.isWindows ? "windows" : "linux", "location": .string(machine.location),
      "role": .string(machine.role.rawValue), "item": .string(machine.item), "vault": .string(machine.vault),
      "exists": .bool(machine.exists), "power": .string(machine.powerState(now)),
      "agent": machine.isAgentReady(now) ? "Ready" : "Not Ready", "identityType": .string(machine.identityType),
      "userAssigned": JSON(machine.userAssigned.sorted()),
      "extensions": .array(machine.extensions.values.sorted { $0.type < $1.type }.map { truth($0, machine, now) }),
      "associations": .array(machine.associations.values.sorted { $0.name < $1.name }.map(truth)),
      "before": [
        "extensions": .array(
          machine.before.extensions.sorted { $0.type < $1.type }.map { .object(truth($0, machine)) }),
        "associations": .array(machine.before.associations.sorted { $0.name < $1.name }.map(truth)),
        "identityType": .string(machine.before.identityType),
        "userAssigned": JSON(machine.before.userAssigned.sorted()),
      ],
      "sendingSince": JSON(machine.sendingSince?.azure), "sentUntil": JSON(machine.sentUntil?.azure),
      "writes": .integer(machine.writes),
    ]
  }

  /// The resource, and what it is like whoever installs it.
  private func truth(_ resource: SimulatedExtension, _ machine: SimulatedMachine) -> [(String, JSON)] {
    let kind = machine.kinds[resource.handlerType.lowercased()]
    return [
      ("name", .string(resource.name)), ("publisher", .string(resource.publisher)), ("type", .string(resource.type)),
      ("version", .string(resource.version)), ("settings", resource.settings ?? .null),
      ("provisionAfterExtensions", JSON(resource.provisionAfterExtensions)),
      ("autoUpgradeMinorVersion", .bool(resource.autoUpgradeMinorVersion)),
      ("enableAutomaticUpgrade", .bool(resource.enableAutomaticUpgrade)),
      ("protectedSettings", .bool(resource.hasProtectedSettings)), ("runOnce", .bool(kind?.isRunOnce ?? false)),
    ]
  }

  private func truth(_ resource: SimulatedExtension, _ machine: SimulatedMachine, _ now: Date) -> JSON {
    let tally = machine.tally[resource.handlerType.lowercased()] ?? .init()
    let handler = machine.handlers[resource.handlerType.lowercased()].map { $0.state(now).code }
    return .object(
      truth(resource, machine) + [
        ("provisioningState", .string(resource.provisioningState)), ("handlerCode", JSON(handler)),
        ("installsStarted", .integer(tally.started)), ("installsSucceeded", .integer(tally.succeeded)),
        ("removes", .integer(tally.removes)), ("runs", .integer(tally.runs)),
      ])
  }

  private func truth(_ association: SimulatedAssociation) -> JSON {
    [
      "name": .string(association.name), "rule": JSON(association.rule), "endpoint": JSON(association.endpoint),
      "owner": JSON(association.owner),
    ]
  }

  private func truth(_ write: SimulatedWrite) -> JSON {
    [
      "at": .string(write.at.azure), "method": .string(write.method), "path": .string(write.path),
      "role": .string(write.role), "item": JSON(write.item), "status": .integer(write.status),
    ]
  }
}

import FoundationEssentials

/// Resources as ARM shows them.
extension SimulatedAzure {
  func render(_ item: SimulatedItem, _ vault: Scenario.Vault) -> JSON {
    let id = World.itemID(item, in: vault)
    let isIdle = item.scenario == "None"
    let jobs = "\(vault.id)/replicationJobs/"
    let recoveryGroup = "/subscriptions/\(item.recovery.subscription)/resourceGroups/\(item.recovery.resourceGroup)"
    return [
      "id": .string(id), "name": .string(item.name),
      "type":
        "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems",
      "properties": [
        "friendlyName": .string(item.friendlyName), "protectedItemType": "",
        "protectionState": .string(item.protectionState), "protectionStateDescription": .string(item.description),
        "activeLocation": .string(item.activeLocation), "testFailoverState": .string(item.testFailoverState),
        "switchProviderState": "None",
        "allowedOperations": item.activeLocation == "Recovery"
          ? ["Commit", "ChangePit"] : ["UnplannedFailover", "DisableProtection", "TestFailover"],
        "replicationHealth": "Normal", "failoverHealth": "Normal", "healthErrors": [],
        "lastSuccessfulFailoverTime": JSON(item.lastFailover?.azure), "lastSuccessfulTestFailoverTime": .null,
        "currentScenario": [
          "scenarioName": .string(item.scenario), "jobId": .string(jobs + (item.job ?? "None")),
          "startTime": .string(isIdle ? "1753-01-01T01:01:01Z" : (item.scenarioStarted ?? start).azure),
        ],
        "providerSpecificDetails": [
          "instanceType": "A2A", "fabricObjectId": .string(item.source.lowercased()),
          "recoveryFabricObjectId": JSON(item.recovered?.lowercased()),
          "testFailoverRecoveryFabricObjectId": JSON(item.test?.lowercased()),
          "recoveryAzureVMName": .string(item.friendlyName), "recoveryAzureResourceGroupId": .string(recoveryGroup),
          "tfoAzureVMName": .string("\(item.friendlyName)-test"),
          "initialPrimaryFabricLocation": .string(item.initialPrimary.location),
          "primaryFabricLocation": .string(item.primary.location),
          "recoveryFabricLocation": .string(item.recovery.location),
          "initialPrimaryZone": .string(item.initialPrimary.zone ?? ""),
          "primaryAvailabilityZone": .string(item.primary.zone ?? ""),
          "recoveryAvailabilityZone": .string(item.recovery.zone ?? ""),
          "lifecycleId": item.hasLifecycleID ? .string(item.lifecycleID) : .null,
          "osType": .string(item.isWindows ? "Windows" : "Linux"), "vmSyncedConfigDetails": ["tags": .null],
        ],
      ],
    ]
  }

  func render(_ job: SimulatedJob) -> JSON {
    [
      "name": .string(job.name), "type": "Microsoft.RecoveryServices/vaults/replicationJobs",
      "properties": [
        "scenarioName": .string(job.scenario), "friendlyName": .string(job.friendlyName), "state": .string(job.state),
        "startTime": .string(job.started.azure), "endTime": JSON(job.ended?.azure), "tasks": [],
        "targetObjectName": .string(job.targetName), "targetInstanceType": .string(job.targetType),
      ],
    ]
  }

  func render(_ machine: SimulatedMachine, withView: Bool) -> JSON {
    var properties: [(String, JSON)] = [
      ("vmId", .string(machine.vmID)), ("provisioningState", machine.operation == nil ? "Succeeded" : "Updating"),
      ("timeCreated", .string(machine.created.azure)),
      (
        "storageProfile",
        [
          "osDisk": [
            "osType": .string(machine.isWindows ? "Windows" : "Linux"),
            "createOption": .string(machine.isAttachedDisk ? "Attach" : "FromImage"),
          ]
        ]
      ),
    ]
    if withView { properties.append(("instanceView", view(machine))) }
    var identity: [(String, JSON)] = [("type", .string(machine.identityType))]
    if !machine.userAssigned.isEmpty {
      identity.append(("userAssignedIdentities", .object(machine.userAssigned.map { ($0, [:]) })))
    }
    var members: [(String, JSON)] = [
      ("id", .string(machine.id)), ("name", .string(machine.name)), ("type", "Microsoft.Compute/virtualMachines"),
      ("location", .string(machine.location)),
      ("tags", .object(machine.tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      ("properties", .object(properties)),
    ]
    if machine.identityType != "None" { members.append(("identity", .object(identity))) }
    if let zone = machine.zone { members.append(("zones", [.string(zone)])) }
    if !machine.extensions.isEmpty {
      members.append(("resources", .array(machine.extensions.values.map { render($0, machine) })))
    }
    return .object(members)
  }

  func view(_ machine: SimulatedMachine) -> JSON {
    let now = clock.now
    let isReady = machine.isAgentReady(now)
    // The agent reports every so often; what it says is as old as its last report.
    let since = max(0, now.timeIntervalSince(machine.agentReadyAt))
    let period = scenario.timings.heartbeat
    let reported = machine.agentReadyAt.addingTimeInterval((since / period).rounded(.down) * period)
    var agent: [(String, JSON)] = [
      ("vmAgentVersion", isReady ? "2.7.41491.1172" : "Unknown"),
      (
        "statuses",
        [
          [
            "code": isReady ? "ProvisioningState/succeeded" : "ProvisioningState/Unavailable",
            "level": isReady ? "Info" : "Warning", "displayStatus": isReady ? "Ready" : "Not Ready",
            "message": isReady
              ? "GuestAgent is running and processing the extensions."
              : "VM status blob is found but not yet populated.",
            "time": .string((isReady ? reported : now).azure),
          ]
        ]
      ),
    ]
    if isReady, !machine.handlers.isEmpty {
      agent.append(
        (
          "extensionHandlers",
          .array(
            machine.handlers.values.sorted { $0.type < $1.type }.map { handler in
              let (code, message) = state(of: handler, now)
              let isWell = code.hasSuffix("succeeded")
              return [
                "type": .string(handler.type), "typeHandlerVersion": .string(handler.version),
                "status": [
                  "code": .string(code), "level": isWell ? "Info" : "Warning",
                  "displayStatus": isWell ? "Ready" : "Unresponsive", "message": .string(message),
                ],
              ]
            })
        ))
    }
    var members: [(String, JSON)] = [("vmAgent", .object(agent))]
    if !machine.extensions.isEmpty {
      members.append(
        (
          "extensions",
          .array(
            machine.extensions.values.map { resource in
              let state =
                switch resource.provisioningState {
                case "Succeeded": "succeeded"
                case "Failed": "failed/7"
                default: "transitioning"
                }
              return [
                "name": .string(resource.name), "type": .string(resource.handlerType),
                "typeHandlerVersion": .string("\(resource.version).5.18"),
                "statuses": [["code": .string("ProvisioningState/\(state)"), "level": "Info"]],
              ]
            })
        ))
    }
    members.append(
      (
        "statuses",
        [
          ["code": "ProvisioningState/succeeded", "level": "Info"],
          ["code": .string("PowerState/\(machine.powerState(now))"), "level": "Info"],
        ]
      ))
    return .object(members)
  }

  func render(_ resource: SimulatedExtension, _ machine: SimulatedMachine) -> JSON {
    var properties: [(String, JSON)] = [
      ("publisher", .string(resource.publisher)), ("type", .string(resource.type)),
      ("typeHandlerVersion", .string(resource.version)), ("provisioningState", .string(resource.provisioningState)),
      ("autoUpgradeMinorVersion", .bool(resource.autoUpgradeMinorVersion)),
      ("enableAutomaticUpgrade", .bool(resource.enableAutomaticUpgrade)),
    ]
    if let tag = resource.forceUpdateTag { properties.append(("forceUpdateTag", .string(tag))) }
    return [
      "id": .string("\(machine.id)/extensions/\(resource.name)"), "name": .string(resource.name),
      "location": .string(machine.location), "properties": .object(properties),
    ]
  }

  func render(_ association: SimulatedAssociation, _ machine: SimulatedMachine) -> JSON {
    var properties: [(String, JSON)] = []
    if let rule = association.rule { properties.append(("dataCollectionRuleId", .string(rule))) }
    if let endpoint = association.endpoint { properties.append(("dataCollectionEndpointId", .string(endpoint))) }
    return [
      "id": .string("\(machine.id)/providers/Microsoft.Insights/dataCollectionRuleAssociations/\(association.name)"),
      "name": .string(association.name), "properties": .object(properties),
    ]
  }
}

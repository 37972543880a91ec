import FoundationEssentials

/// Protected items, jobs and plans as Site Recovery shows them.
extension SimulatedAzure {
  /// How often Site Recovery calculates an item's recovery point objective.
  private static let rpoPeriod = 300.0

  /// An item's row in a list, written once and kept but for its times of replication, which move on every five minutes.
  func row(_ key: String, _ item: SimulatedItem, _ vault: Scenario.Vault) -> JSON {
    let period = (now.timeIntervalSince1970 / SimulatedAzure.rpoPeriod).rounded(.down)
    let time = time(Date(timeIntervalSince1970: period * SimulatedAzure.rpoPeriod))
    guard !scenario.quirks.contains(.oddTimes) else { return render(item, vault, rpoTime: time, isRow: true) }
    var pieces = rows[key].flatMap { $0.item == item ? $0.pieces : nil } ?? []
    if pieces.isEmpty {
      let text = render(item, vault, rpoTime: .written(SimulatedAzure.timeMark), isRow: true).text
      pieces = text.split(separator: SimulatedAzure.timeMark).map(String.init)
      rows[key] = (item, pieces)
    }
    return .written(pieces.joined(separator: time.text))
  }

  /// No JSON has it.
  private static let timeMark = "\u{1}"

  func render(_ item: SimulatedItem, _ vault: Scenario.Vault, isRow: Bool) -> JSON {
    render(item, vault, rpoTime: time(now), isRow: isRow)
  }

  /// The single item says more than its row in a list: synced tags and the state of disks.
  private func render(_ item: SimulatedItem, _ vault: Scenario.Vault, rpoTime: JSON, isRow: Bool) -> JSON {
    let jobs = "\(vault.id)/replicationJobs/"
    let from = World.containerID(item.primary, in: vault)
    let to = World.containerID(item.recovery, in: vault)
    func name(_ id: String) -> JSON { JSON(id.split(separator: "/").last.map(String.init)) }
    let fabric = to.split(separator: "/").dropLast(2).joined(separator: "/")
    return odd([
      "id": .string(World.itemID(item, in: vault)), "name": .string(item.name),
      "type":
        "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems",
      "properties": [
        "friendlyName": .string(item.friendlyName), "protectedItemType": "", "protectableItemId": .null,
        "recoveryServicesProviderId": .null, "primaryFabricFriendlyName": .string(item.primary.location),
        "primaryFabricProvider": "AzureFabric", "recoveryFabricFriendlyName": .string(item.recovery.location),
        "recoveryFabricId": .string("/" + fabric), "primaryProtectionContainerFriendlyName": name(from),
        "recoveryProtectionContainerFriendlyName": name(to), "recoveryContainerId": .string(to),
        "protectionState": .string(item.protectionState), "protectionStateDescription": .string(item.description),
        "activeLocation": .string(item.activeLocation), "testFailoverState": .string(item.testFailoverState),
        "testFailoverStateDescription": .string(testWords[item.testFailoverState] ?? item.testFailoverState),
        "switchProviderState": "None", "switchProviderStateDescription": .null,
        "allowedOperations": JSON(item.allowedOperations), "replicationHealth": "Normal", "failoverHealth": "Normal",
        "healthErrors": [], "policyId": .string("\(vault.id)/replicationPolicies/24-hour-retention-policy"),
        "policyFriendlyName": "24-hour-retention-policy",
        "lastSuccessfulFailoverTime": time(item.lastFailover, or: "0001-01-01T00:00:00"),
        "lastSuccessfulTestFailoverTime": time(item.lastTestFailover, or: "1753-01-01T01:01:01Z"),
        "currentScenario": [
          "scenarioName": .string(item.scenario), "jobId": .string(jobs + (item.job ?? "None")),
          "startTime": item.scenario == "None" ? "1753-01-01T01:01:01Z" : time(item.scenarioStarted ?? start),
        ],
        "failoverRecoveryPointId": item.lastFailover == nil
          ? .null : .string("\(to)/recoveryPoints/\(item.lifecycleID)"),
        "eventCorrelationId": .string(item.lifecycleID),
        "providerSpecificDetails": details(item, vault, rpoTime: rpoTime, isRow: isRow),
      ],
    ])
  }

  private var testWords: [String: String] {
    [
      "WaitingForCompletion": "Waiting for user input", "MarkedForDeletion": "Cleaning up test environment",
    ]
  }

  private func details(_ item: SimulatedItem, _ vault: Scenario.Vault, rpoTime: JSON, isRow: Bool) -> JSON {
    let group = "/subscriptions/\(item.recovery.subscription)/resourceGroups/\(item.recovery.resourceGroup)"
    let container = World.containerID(item.primary, in: vault)
    let tags = machines[item.source.lowercased()]?.tags ?? [:]
    return [
      "instanceType": "A2A", "fabricObjectId": .string(item.source.lowercased()),
      "recoveryFabricObjectId": JSON(item.recovered?.lowercased()),
      "testFailoverRecoveryFabricObjectId": item.options.hidesTestMachineID ? .null : JSON(item.test?.lowercased()),
      "recoveryAzureVMName": .string(item.friendlyName), "recoveryAzureResourceGroupId": .string(group),
      "tfoAzureVMName": .string("\(item.friendlyName)-test"),
      "initialPrimaryFabricLocation": .string(item.initialPrimary.location),
      "initialRecoveryFabricLocation": .string(item.initialRecovery.location),
      "primaryFabricLocation": .string(item.primary.location),
      "recoveryFabricLocation": .string(item.recovery.location),
      "initialPrimaryZone": .string(item.initialPrimary.zone ?? ""),
      "initialRecoveryZone": .string(item.initialRecovery.zone ?? ""),
      "primaryAvailabilityZone": .string(item.primary.zone ?? ""),
      "recoveryAvailabilityZone": .string(item.recovery.zone ?? ""), "initialPrimaryExtendedLocation": .null,
      "initialRecoveryExtendedLocation": .null, "primaryExtendedLocation": .null, "recoveryExtendedLocation": .null,
      "lifecycleId": item.hasLifecycleID ? .string(item.lifecycleID) : .null,
      "managementId": .string(item.lifecycleID), "multiVmGroupId": .string(item.lifecycleID),
      "multiVmGroupName": .string(item.lifecycleID), "multiVmGroupCreateOption": "AutoCreated",
      "protectionClusterId": item.cluster.map { .string("\(container)/replicationProtectionClusters/\($0)") } ?? .null,
      "isClusterInfraReady": item.cluster == nil ? .null : true,
      "osType": .string(item.isWindows ? "Windows" : "Linux"), "vmProtectionState": .string(item.protectionState),
      "vmProtectionStateDescription": .string(item.description), "monitoringJobType": "InitialReplication",
      // It is not moved on when the replication is done.
      "monitoringPercentageCompletion": 43, "rpoInSeconds": 30, "lastRpoCalculatedTime": rpoTime,
      "lastHeartbeat": rpoTime, "agentVersion": "9.62.7172.1",
      "agentExpiryDate": "9999-12-31T23:59:59.9999999Z", "agentCertificateExpiryDate": "9999-12-31T23:59:59.9999999Z",
      "isReplicationAgentUpdateRequired": false, "isReplicationAgentCertificateUpdateRequired": false,
      "recoveryAzureVMSize": "Standard_D4s_v5", "recoveryAzureGeneration": "V2", "recoveryAvailabilitySet": .null,
      "recoveryVirtualMachineScaleSetId": .null, "recoveryProximityPlacementGroupId": .null,
      "recoveryCapacityReservationGroupId": .null, "recoveryBootDiagStorageAccountId": .null,
      "vmEncryptionType": "NotEncrypted", "autoProtectionOfDataDisk": "Disabled", "churnOptionSelected": "Normal",
      "protectedDisks": .null, "unprotectedDisks": [],
      "protectedManagedDisks": [
        [
          "diskId": .string("\(group)/providers/Microsoft.Compute/disks/\(item.friendlyName)-os"),
          "diskName": .string("\(item.friendlyName)-os"), "diskType": "Premium_LRS",
          "diskState": isRow ? .null : "Protected", "resyncRequired": false,
        ]
      ],
      "vmSyncedConfigDetails": [
        "tags": isRow ? .null : .object(tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }),
        "inputEndpoints": [],
      ],
    ]
  }

  func render(_ plan: Scenario.Plan, _ vault: Scenario.Vault) -> JSON {
    let members = plan.groups.flatMap(\.items).compactMap { itemsByName[$0] }.compactMap { items[$0] }
    let from = members.first?.primary.location ?? ""
    let to = members.first?.recovery.location ?? ""
    let last = jobs.last { $0.targetName == plan.name && $0.targetType == "RecoveryPlan" }
    return odd([
      "id": .string("\(vault.id)/replicationRecoveryPlans/\(plan.name)"), "name": .string(plan.name),
      "type": "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans",
      "properties": [
        "friendlyName": .string(plan.name),
        "primaryFabricId": .string("\(vault.id)/replicationFabrics/asr-a2a-default-\(from)"),
        "primaryFabricFriendlyName": .string(from),
        "recoveryFabricId": .string("\(vault.id)/replicationFabrics/asr-a2a-default-\(to)"),
        "recoveryFabricFriendlyName": .string(to), "failoverDeploymentModel": "ResourceManager",
        "replicationProviders": ["A2A"], "allowedOperations": ["UnplannedFailover", "TestFailover"],
        "lastPlannedFailoverTime": .null, "lastUnplannedFailoverTime": last.map { time($0.started) } ?? .null,
        "lastTestFailoverTime": .null,
        "currentScenario": [
          "scenarioName": .string(last.map { $0.ended == nil ? $0.scenario : "None" } ?? "None"),
          "jobId": .string("\(vault.id)/replicationJobs/\(last.map { $0.ended == nil ? $0.name : "None" } ?? "None")"),
          "startTime": "1753-01-01T01:01:01Z",
        ],
        "currentScenarioStatus": "None", "currentScenarioStatusDescription": .null,
        "groups": .array(plan.groups.map { render($0, vault) }), "providerSpecificDetails": [],
      ],
    ])
  }

  private func render(_ group: Scenario.Plan.Group, _ vault: Scenario.Vault) -> JSON {
    let members: [JSON] = group.items.compactMap { itemsByName[$0] }.compactMap { items[$0] }.map { item in
      [
        "id": .string(World.itemID(item, in: vault)),
        "virtualMachineId": JSON(machines[item.source.lowercased()]?.vmID),
      ]
    }
    return [
      "groupType": "Boot", "replicationProtectedItems": .array(members),
      "startGroupActions": .array(group.startActions.map(render)),
      "endGroupActions": .array(group.endActions.map(render)),
    ]
  }

  private func render(_ action: Scenario.Plan.Action) -> JSON {
    let details: JSON =
      if let runbook = action.runbook {
        [
          "instanceType": "AutomationRunbookActionDetails", "runbookId": .string(runbook), "timeout": "PT30M",
          "fabricLocation": "Recovery",
        ]
      } else {
        ["instanceType": "ManualActionDetails", "description": .string(action.name)]
      }
    return [
      "actionName": .string(action.name), "failoverTypes": JSON(action.failoverTypes),
      "failoverDirections": JSON(action.failoverDirections), "customDetails": details,
    ]
  }
}

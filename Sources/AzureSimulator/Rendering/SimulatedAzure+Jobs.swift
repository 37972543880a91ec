import FoundationEssentials

/// Jobs as Site Recovery shows them: thin in a list, whole by themselves.
extension SimulatedAzure {
  func render(_ job: SimulatedJob, _ vault: Scenario.Vault, isRow: Bool) -> JSON {
    let words = [
      "InProgress": "InProgress", "Succeeded": "Completed", "Failed": "Failed",
      "Suspended": "WaitingForStopTestFailover",
      "PartiallySucceeded": "PartiallySucceeded",
    ]
    var ended = job.ended
    if scenario.quirks.contains(.endBeforeStart), ended != nil { ended = job.started.addingTimeInterval(-1) }
    var members: [(String, JSON)] = [
      ("scenarioName", .string(job.scenario)), ("friendlyName", .string(job.friendlyName)),
      ("state", .string(job.state)), ("stateDescription", JSON(words[job.state])), ("startTime", time(job.started)),
      ("endTime", time(ended, or: "0001-01-01T00:00:00")), ("allowedActions", []),
      ("targetObjectId", .string("b7" + job.name.dropFirst(2))), ("targetObjectName", .string(job.targetName)),
      ("targetInstanceType", .string(job.targetType)),
    ]
    if isRow {
      members += [("tasks", []), ("errors", [])]
    } else {
      members += [
        ("activityId", .string("\(job.name) ActivityId: \(job.name)")), ("tasks", .array(tasks(job, vault))),
        ("errors", .array(errors(job))), ("customDetails", customDetails(job)),
      ]
    }
    return odd([
      "id": .string("\(vault.id)/replicationJobs/\(job.name)"), "name": .string(job.name),
      "type": "Microsoft.RecoveryServices/vaults/replicationJobs", "properties": .object(members),
    ])
  }

  private func tasks(_ job: SimulatedJob, _ vault: Scenario.Vault) -> [JSON] {
    let names =
      switch (job.scenario, job.targetType) {
      case (_, "RecoveryPlan"): ["RpSrsPrerequisitesCheck", "RpEnvironmentCreationTask", "EndRecoveryPlanTask"]
      case ("UnplannedFailover", _): ["VmUfoPrerequisitesCheck", "VmShutdownVmOnPrimary", "VmFailover"]
      default: [job.scenario + "Task"]
      }
    return names.enumerated().map { index, name in
      // The last task shares the job's fate; a task that has not begun has no times but a sentinel without a zone.
      let isLast = index == names.count - 1
      let state = isLast || job.ended != nil && job.state != "Failed" ? job.state : "Succeeded"
      return [
        "taskId": .string(name), "name": .string(name), "friendlyName": .string(name), "state": .string(state),
        "stateDescription": .string(state == "Succeeded" ? "Completed" : state), "startTime": time(job.started),
        "endTime": job.ended.map { time($0) } ?? "0001-01-01T00:00:00", "allowedActions": [],
        "taskType": "TaskDetails", "customDetails": .null, "groupTaskCustomDetails": .null,
        "errors": isLast ? .array(errors(job)) : [],
      ]
    }
  }

  private func errors(_ job: SimulatedJob) -> [JSON] {
    guard let error = job.error else { return [] }
    return [
      [
        "errorLevel": "Error", "creationTime": time(job.ended ?? job.started), "taskId": "VmFailover",
        "serviceErrorDetails": [
          "code": "150097", "message": .string(error), "possibleCauses": .string(error),
          "recommendedAction": "Try another recovery point.", "activityId": .string(job.name),
        ],
        "providerErrorDetails": .null,
      ]
    ]
  }

  private func customDetails(_ job: SimulatedJob) -> JSON {
    let item = itemsByName[job.targetName].flatMap { items[$0] }
    let affected: JSON = [
      "primaryVmId": JSON(item?.source), "primaryVmName": .string(job.targetName),
      "recoveryVmId": JSON(item?.recovered), "recoveryVmName": .string(job.targetName),
    ]
    switch job.scenario {
    case "UnplannedFailover", "TestFailover":
      let isTest = job.scenario == "TestFailover"
      let row: JSON = [
        "name": JSON(item?.lifecycleID), "friendlyName": .string(job.targetName),
        "testVmName": .string(isTest ? "\(job.targetName)-test" : ""), "testVmFriendlyName": "",
        "networkConnectionStatus": "Connected", "networkFriendlyName": .null, "subnet": .null,
        "recoveryPointId": JSON(item?.lifecycleID), "recoveryPointTime": time(job.started),
      ]
      var members: [(String, JSON)] = [
        ("instanceType", .string(isTest ? "TestFailoverJobDetails" : "FailoverJobDetails")),
        ("affectedObjectDetails", affected), ("protectedItemDetails", job.targetType == "RecoveryPlan" ? [] : [row]),
      ]
      if isTest { members.append(("testFailoverStatus", .string(job.ended == nil ? "WaitingForStop" : "Completed"))) }
      return .object(members)
    case "SwitchReplicationGroupProtection":
      return [
        "instanceType": "SwitchProtectionJobDetails", "affectedObjectDetails": affected,
        "newReplicationProtectedItemId": JSON(job.newItem),
      ]
    default: return ["instanceType": "AsrJobDetails", "affectedObjectDetails": affected]
    }
  }
}

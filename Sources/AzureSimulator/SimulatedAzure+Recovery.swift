import FoundationEssentials

/// What Site Recovery does with items: the recorded sequence of an A2A failover, and what follows it.
extension SimulatedAzure {
  /// Performs an action now. Returns the names of the items that it was applied to.
  func perform(_ action: Scenario.Action) -> [String] {
    var names = action.items
    if names.isEmpty {
      names = items.values.filter { action.vault == nil || $0.vault == action.vault }.map(\.friendlyName).sorted()
    }
    var plan: Int?
    if let name = action.plan, action.verb == "failover" {
      let vault = action.vault ?? names.first.flatMap { itemsByName[$0] }.flatMap { items[$0]?.vault } ?? ""
      jobs.append(job("UnplannedFailover", "Failover", target: name, type: "RecoveryPlan", vault: vault))
      plan = jobs.count - 1
    }
    for name in names {
      guard let key = itemsByName[name] else { continue }
      switch action.verb {
      case "failover": failOver(key)
      case "commit": commit(key)
      case "reprotect": reprotect(key)
      case "testFailover": testFailover(key)
      case "testFailoverCleanup": cleanUp(key)
      case "changePit": changePit(key)
      default: continue
      }
    }
    if let plan {
      let options = names.compactMap { itemsByName[$0] }.compactMap { items[$0]?.options }
      let hasFailing = options.contains { $0.failoverFails }
      let longest = options.map { $0.failoverSeconds ?? scenario.timings.failover }.filter { $0 < 3600 }.max() ?? 0
      later(longest + 1) { azure in
        azure.jobs[plan].state = hasFailing ? "PartiallySucceeded" : "Succeeded"
        azure.jobs[plan].ended = azure.clock.now
      }
    }
    return names
  }

  private func job(_ scenario: String, _ friendly: String, target: String, type: String, vault: String) -> SimulatedJob
  {
    SimulatedJob(
      name: guid(), scenario: scenario, friendlyName: friendly, state: "InProgress", started: clock.now,
      targetName: target, targetType: type, vault: vault)
  }

  private func failOver(_ key: String) {
    guard var item = items[key], item.scenario == "None", item.activeLocation == "Primary" else { return }
    let seconds = item.options.failoverSeconds ?? scenario.timings.failover
    jobs.append(
      job("UnplannedFailover", "Failover", target: item.friendlyName, type: "ProtectionEntity", vault: item.vault))
    let number = jobs.count - 1
    item.scenario = "UnplannedFailover"
    item.job = jobs[number].name
    item.scenarioStarted = clock.now
    item.protectionState = item.options.stateDuringFailover
    items[key] = item
    if machines[item.source.lowercased()]?.exists ?? false { machines[item.source.lowercased()]?.power = "deallocated" }
    let visible = max(0, seconds - scenario.timings.machineVisibleBefore)
    if !item.options.failoverFails {
      later(visible) { azure in azure.createRecovered(key) }
    }
    later(seconds) { azure in azure.finishFailover(key, number) }
  }

  /// The recovered machine: a new resource whose disk still holds the old agents.
  private func createRecovered(_ key: String, replacing: Bool = false) {
    guard let item = items[key], let source = machines[item.source.lowercased()] else { return }
    let now = clock.now
    let id = World.machineID(item.recovery, item.friendlyName)
    var machine = SimulatedMachine(
      id: id, name: item.friendlyName, vmID: guid(), isWindows: item.isWindows, location: item.recovery.location,
      zone: item.recovery.zone, tags: source.tags,
      isSystemAssigned: item.options.keepsIdentity && source.isSystemAssigned, created: now, role: .live,
      item: item.friendlyName, vault: item.vault, isAttachedDisk: true,
      runsAt: now.addingTimeInterval(scenario.timings.boot),
      agentReadyAt: now.addingTimeInterval(scenario.timings.boot + scenario.timings.agent + item.options.agentLate))
    machine.before = source.before
    machine.installFailuresLeft = item.options.installFailures
    haunt(&machine, source, item)
    machines[id.lowercased()] = machine
  }

  /// The handlers that the copied disk still reports: unresponsive on Windows, nothing on Linux unless the scenario
  /// says otherwise.
  private func haunt(_ machine: inout SimulatedMachine, _ source: SimulatedMachine, _ item: SimulatedItem) {
    guard item.isWindows || item.options.linuxHandlers == "unresponsive" else { return }
    let beat = (item.scenarioStarted ?? clock.now).addingTimeInterval(-90).usHeartbeat
    for resource in source.before.extensions {
      machine.handlers[resource.handlerType.lowercased()] = SimulatedHandler(
        type: resource.handlerType, version: "\(resource.version).5.18", code: "ProvisioningState/Unresponsive",
        message:
          "Handler \(resource.handlerType) of version \(resource.version).5.18 is unresponsive. Last heartbeat: \(beat)"
      )
    }
  }

  private func finishFailover(_ key: String, _ job: Int) {
    guard var item = items[key] else { return }
    item.scenario = "None"
    item.job = nil
    jobs[job].ended = clock.now
    if item.options.failoverFails {
      jobs[job].state = "Failed"
      item.protectionState = "Protected"
      machines[item.source.lowercased()]?.power = nil
    } else {
      jobs[job].state = "Succeeded"
      item.protectionState = "UnplannedFailoverCommitPendingStatesBegin"
      item.description = "Failover completed"
      item.activeLocation = "Recovery"
      item.recovered = World.machineID(item.recovery, item.friendlyName)
      item.lastFailover = clock.now
      machines[item.source.lowercased()]?.role = .former
    }
    items[key] = item
  }

  private func commit(_ key: String) {
    guard items[key]?.protectionState == "UnplannedFailoverCommitPendingStatesBegin" else { return }
    items[key]?.protectionState = "UnplannedFailoverCommitted"
    items[key]?.description = "Failover committed"
  }

  /// The item moves to the other fabric under a new id, loses its lifecycle id until it is seeded, and its source
  /// machine is deleted.
  private func reprotect(_ key: String) {
    guard var item = items[key], item.protectionState == "UnplannedFailoverCommitted", let recovered = item.recovered,
      let vault = scenario.vaults.first(where: { $0.name == item.vault })
    else { return }
    machines[item.source.lowercased()]?.exists = false
    swap(&item.primary, &item.recovery)
    item.source = recovered
    item.recovered = nil
    item.activeLocation = "Primary"
    item.protectionState = "InitialReplicationInProgress"
    item.description = "Initial replication is in progress"
    item.hasLifecycleID = false
    item.lastFailover = nil
    items[key] = nil
    let moved = World.itemID(item, in: vault).lowercased()
    items[moved] = item
    itemsByName[item.friendlyName] = moved
    let name = item.vault.lowercased()
    if let at = listing[name]?.firstIndex(of: key) { listing[name]?[at] = moved }
    later(scenario.timings.seeding) { azure in
      azure.items[moved]?.hasLifecycleID = true
      azure.items[moved]?.protectionState = "Protected"
      azure.items[moved]?.description = "Protected"
    }
  }

  private func testFailover(_ key: String) {
    guard var item = items[key], let source = machines[item.source.lowercased()] else { return }
    jobs.append(
      job("TestFailover", "Test failover", target: item.friendlyName, type: "ProtectionEntity", vault: item.vault))
    jobs[jobs.count - 1].state = "Suspended"
    let now = clock.now
    let id = World.machineID(item.recovery, "\(item.friendlyName)-test")
    var machine = SimulatedMachine(
      id: id, name: "\(item.friendlyName)-test", vmID: guid(), isWindows: item.isWindows,
      location: item.recovery.location, zone: item.recovery.zone, tags: source.tags, isSystemAssigned: false,
      created: now,
      role: .test, item: item.friendlyName, vault: item.vault, isAttachedDisk: true,
      runsAt: now.addingTimeInterval(scenario.timings.boot),
      agentReadyAt: now.addingTimeInterval(scenario.timings.boot + scenario.timings.agent))
    haunt(&machine, source, item)
    machines[id.lowercased()] = machine
    item.test = id
    item.testFailoverState = "WaitingForCompletion"
    item.description = "Cleanup test failover pending"
    items[key] = item
  }

  private func cleanUp(_ key: String) {
    guard let test = items[key]?.test else { return }
    machines[test.lowercased()] = nil
    items[key]?.test = nil
    items[key]?.testFailoverState = "None"
    items[key]?.description = "Protected"
  }

  /// Another recovery point: a new machine under the same id.
  private func changePit(_ key: String) {
    guard items[key]?.protectionState == "UnplannedFailoverCommitPendingStatesBegin" else { return }
    createRecovered(key)
  }
}

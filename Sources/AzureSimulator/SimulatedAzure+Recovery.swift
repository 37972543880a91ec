import FoundationEssentials

/// What Site Recovery does with items: the recorded sequence of an A2A failover, and what follows it.
extension SimulatedAzure {
  /// Performs an action now. Returns the names of the items that it was applied to.
  func perform(_ action: Scenario.Action) -> [String] {
    var names = action.items
    if names.isEmpty, let plan = scenario.plans.first(where: { $0.name == action.plan }) {
      names = plan.groups.flatMap(\.items)
    }
    if names.isEmpty {
      names = items.values.filter { action.vault == nil || $0.vault == action.vault }.map(\.friendlyName).sorted()
    }
    if let plan = action.plan, action.verb == .failover { followPlan(plan, action.vault, names) }
    for name in names {
      guard let key = itemsByName[name] else { continue }
      switch action.verb {
      case .failover: failOver(key)
      case .commit: commit(key)
      case .reprotect: reprotect(key)
      case .testFailover: testFailover(key)
      case .testFailoverCleanup: cleanUp(key)
      case .changePit: changePit(key)
      case .disableProtection: disableProtection(key)
      case .stop, .start: switchPower(key, isOn: action.verb == .start)
      case .removeExtension: removeExtension(key, action.extension ?? "")
      case .unknownState: items[key]?.protectionState = action.state ?? "SomethingNewStatesBegin"
      }
    }
    return names
  }

  /// The job of a whole plan, which ends after those of its items.
  private func followPlan(_ name: String, _ vault: String?, _ names: [String]) {
    let vault = vault ?? names.first.flatMap { itemsByName[$0] }.flatMap { items[$0]?.vault } ?? ""
    let job = begin("UnplannedFailover", "Failover", target: name, type: "RecoveryPlan", vault: vault)
    let options = names.compactMap { itemsByName[$0] }.compactMap { items[$0]?.options }
    let hasFailing = options.contains { $0.failoverFails }
    let longest = options.map { $0.failoverSeconds ?? scenario.timings.failover }.filter { $0 < 3600 }.max() ?? 0
    later(longest + 1) { azure in azure.end(job, state: hasFailing ? "PartiallySucceeded" : "Succeeded") }
  }

  // MARK: - Jobs

  /// A new job's name.
  func begin(_ scenario: String, _ friendly: String, target: String, type: String = "ProtectionEntity", vault: String)
    -> String
  {
    let name = guid()
    jobs.append(
      SimulatedJob(
        name: name, scenario: scenario, friendlyName: friendly, state: "InProgress", started: now,
        targetName: target, targetType: type, vault: vault))
    return name
  }

  func end(_ job: String, state: String = "Succeeded") {
    let now = now
    change(job) {
      $0.state = state
      $0.ended = now
    }
  }

  private func change(_ job: String, _ how: (inout SimulatedJob) -> Void) {
    if let at = jobs.lastIndex(where: { $0.name == job }) { how(&jobs[at]) }
  }

  // MARK: - Failover

  private func failOver(_ key: String) {
    guard var item = items[key], item.scenario == "None", item.activeLocation == "Primary",
      !item.protectionState.hasPrefix("InitialReplication")
    else { return }
    let seconds = item.options.failoverSeconds ?? scenario.timings.failover
    let job = begin("UnplannedFailover", "Failover", target: item.friendlyName, vault: item.vault)
    item.scenario = "UnplannedFailover"
    item.job = job
    item.scenarioStarted = now
    item.protectionState = item.options.stateDuringFailover
    items[key] = item
    if machines[item.source.lowercased()]?.exists ?? false { machines[item.source.lowercased()]?.power = "deallocated" }
    let visible = max(0, seconds - scenario.timings.machineVisibleBefore)
    if !item.options.failoverFails {
      later(visible) { azure in azure.createRecovered(key) }
    }
    later(seconds) { azure in azure.finishFailover(key, job) }
  }

  /// The recovered machine: a new resource whose disk still holds the old agents.
  private func createRecovered(_ key: String) {
    guard let item = items[key], let source = machines[item.source.lowercased()] else { return }
    let now = self.now
    let id = World.machineID(item.recovery, item.friendlyName)
    let ready = scenario.timings.boot + scenario.timings.agent + item.options.agentLate
    var machine = SimulatedMachine(
      id: id, name: item.friendlyName, vmID: guid(), isWindows: item.isWindows, location: item.recovery.location,
      zone: item.recovery.zone, tags: source.tags,
      isSystemAssigned: item.options.keepsIdentity && source.before.identityType.contains("SystemAssigned"),
      userAssigned: item.options.keepsIdentity ? source.before.userAssigned : [], created: now, role: .live,
      item: item.friendlyName, vault: item.vault, options: item.options, isAttachedDisk: true,
      runsAt: now.addingTimeInterval(scenario.timings.boot), agentReadyAt: now.addingTimeInterval(ready))
    if let seconds = item.options.agentSilentAfter {
      machine.agentSilentAt = machine.agentReadyAt.addingTimeInterval(seconds)
    }
    machine.before = source.before
    machine.kinds = source.kinds
    machine.installFailuresLeft = item.options.installFailures
    haunt(&machine, source, item)
    remove(id.lowercased())
    orphans = orphans.filter { $0.value.machine.lowercased() != id.lowercased() }
    machines[id.lowercased()] = machine
    if let seconds = item.options.policyInstallsAfter {
      let vmID = machine.vmID
      later(ready + seconds) { azure in azure.installByPolicy(id.lowercased(), vmID) }
    }
  }

  /// The handlers that the copied disk still reports: unresponsive on Windows, nothing on Linux unless the scenario
  /// says otherwise.
  private func haunt(_ machine: inout SimulatedMachine, _ source: SimulatedMachine, _ item: SimulatedItem) {
    guard item.isWindows || item.options.linuxHandlers == "unresponsive" else { return }
    let beat = (item.scenarioStarted ?? now).addingTimeInterval(-90).usHeartbeat
    for resource in source.before.extensions {
      machine.handlers[resource.handlerType.lowercased()] = SimulatedHandler(
        type: resource.handlerType, version: "\(resource.version).5.18", code: "ProvisioningState/Unresponsive",
        message:
          "Handler \(resource.handlerType) of version \(resource.version).5.18 is unresponsive. Last heartbeat: \(beat)"
      )
    }
  }

  private func finishFailover(_ key: String, _ job: String) {
    guard var item = items[key] else { return }
    item.scenario = "None"
    item.job = nil
    if item.options.failoverFails {
      end(job, state: "Failed")
      change(job) { $0.error = "The failover could not be completed: the recovery point is not usable." }
      item.protectionState = "Protected"
      machines[item.source.lowercased()]?.power = nil
    } else {
      end(job)
      item.protectionState = item.options.failoverState ?? "UnplannedFailoverCommitPendingStatesBegin"
      item.description = "Failover completed"
      item.activeLocation = "Recovery"
      item.isCommitted = false
      item.recovered = World.machineID(item.recovery, item.friendlyName)
      item.lastFailover = now
      machines[item.source.lowercased()]?.role = .former
    }
    items[key] = item
  }

  private func commit(_ key: String) {
    guard let item = items[key], item.activeLocation == "Recovery", item.scenario == "None", !item.isCommitted
    else { return }
    end(begin("CommitFailover", "Commit", target: item.friendlyName, vault: item.vault))
    items[key]?.isCommitted = true
    items[key]?.protectionState = "UnplannedFailoverCommitted"
    items[key]?.description = "Failover committed"
  }

  /// The item moves to the other fabric under a new id, loses its lifecycle id until it is seeded, and its source
  /// machine is deleted.
  private func reprotect(_ key: String) {
    guard var item = items[key], item.isCommitted, let recovered = item.recovered,
      let vault = scenario.vaults.first(where: { $0.name == item.vault })
    else { return }
    remove(item.source.lowercased())
    swap(&item.primary, &item.recovery)
    item.source = recovered
    item.recovered = nil
    item.activeLocation = "Primary"
    item.isCommitted = false
    item.protectionState = "InitialReplicationInProgress"
    item.description = "Initial replication is in progress"
    item.hasLifecycleID = false
    item.lastFailover = nil
    items[key] = nil
    let id = World.itemID(item, in: vault)
    let moved = id.lowercased()
    let job = begin("SwitchReplicationGroupProtection", "Reprotect", target: item.friendlyName, vault: item.vault)
    change(job) { $0.newItem = id }
    end(job)
    items[moved] = item
    itemsByName[item.friendlyName] = moved
    let name = item.vault.lowercased()
    if let at = listing[name]?.firstIndex(of: key) { listing[name]?[at] = moved }
    later(scenario.timings.seeding * 0.9) { azure in
      azure.items[moved]?.protectionState = "InitialReplicationRecoveryCompletionPending"
      azure.items[moved]?.description = "Waiting for first recovery point"
    }
    later(scenario.timings.seeding) { azure in
      azure.items[moved]?.hasLifecycleID = true
      azure.items[moved]?.protectionState = "Protected"
      azure.items[moved]?.description = "Protected"
    }
  }

  /// Another recovery point: a new machine under the same id.
  private func changePit(_ key: String) {
    guard let item = items[key], item.activeLocation == "Recovery", !item.isCommitted else { return }
    end(begin("ChangePit", "Change the recovery point", target: item.friendlyName, vault: item.vault))
    createRecovered(key)
  }

  // MARK: - Test failover

  private func testFailover(_ key: String) {
    guard var item = items[key], let source = machines[item.source.lowercased()] else { return }
    let job = begin("TestFailover", "Test failover", target: item.friendlyName, vault: item.vault)
    change(job) { $0.state = "Suspended" }
    let now = self.now
    let id = World.machineID(item.recovery, "\(item.friendlyName)-test")
    var machine = SimulatedMachine(
      id: id, name: "\(item.friendlyName)-test", vmID: guid(), isWindows: item.isWindows,
      location: item.recovery.location, zone: item.recovery.zone, tags: source.tags, isSystemAssigned: false,
      created: now, role: .test, item: item.friendlyName, vault: item.vault, options: item.options,
      isAttachedDisk: true, runsAt: now.addingTimeInterval(scenario.timings.boot),
      agentReadyAt: now.addingTimeInterval(scenario.timings.boot + scenario.timings.agent))
    machine.before = source.before
    machine.kinds = source.kinds
    haunt(&machine, source, item)
    machines[id.lowercased()] = machine
    item.test = id
    item.testFailoverState = "WaitingForCompletion"
    item.description = "Cleanup test failover pending"
    items[key] = item
  }

  private func cleanUp(_ key: String) {
    guard let item = items[key], let test = item.test else { return }
    remove(test.lowercased())
    end(begin("TestFailoverCleanup", "Test failover cleanup", target: item.friendlyName, vault: item.vault))
    for job in jobs where job.scenario == "TestFailover" && job.targetName == item.friendlyName && job.ended == nil {
      end(job.name)
    }
    items[key]?.test = nil
    items[key]?.testFailoverState = item.options.lingeringTestState ? "MarkedForDeletion" : "None"
    items[key]?.lastTestFailover = now
    items[key]?.description = "Protected"
  }
}

import FoundationEssentials

/// What operations do when their time has come.
extension SimulatedAzure {
  /// Ends an operation whose time has come; one that waits for the guest agent gives up after 25 minutes.
  func advance(_ id: String, _ now: Date) {
    guard var operation = operations[id], operation.ended == nil else { return }
    guard let machine = machines[operation.machine], machine.exists, machine.vmID == operation.vmID else {
      // Its machine is gone; another may have taken the name, and is none of its business.
      operations[id]?.ended = now
      operations[id]?.error = ("OperationPreempted", "The operation was preempted: its virtual machine is gone.")
      return
    }
    if operation.kind != .patch, !machine.isAgentReady(now) {
      guard now >= operation.givenUpAt else { return }
      operation.error = (
        "VMAgentStatusCommunicationError",
        "VM '\(machine.name)' has not reported status for VM agent or extensions. Verify that the OS is up and healthy."
      )
    } else if now < operation.endsAt {
      return
    }
    operation.ended = now
    operations[id] = operation
    machines[operation.machine]?.operation = nil
    guard let name = operation.extensionName else { return }
    switch operation.kind {
    case .delete where operation.error != nil:
      machines[operation.machine]?.extensions[name]?.provisioningState = "Failed"
    case .delete: removed(name, operation)
    case .put: installed(name, id, now)
    case .patch: break
    }
  }

  private func removed(_ name: String, _ operation: SimulatedOperation) {
    guard let gone = machines[operation.machine]?.extensions.removeValue(forKey: name) else { return }
    machines[operation.machine]?.tally[gone.handlerType.lowercased(), default: .init()].removes += 1
    vanish(gone.handlerType, of: operation.machine)
  }

  /// A removed handler is reported for a while yet.
  func vanish(_ type: String, of machine: String) {
    let key = type.lowercased()
    guard machines[machine]?.handlers[key] != nil else { return }
    let until = now.addingTimeInterval(scenario.timings.handlerLingers)
    machines[machine]?.handlers[key]?.vanishesAt = until
    later(scenario.timings.handlerLingers) { azure in
      guard azure.machines[machine]?.handlers[key]?.vanishesAt == until else { return }
      azure.machines[machine]?.handlers[key] = nil
    }
  }

  private func installed(_ name: String, _ id: String, _ now: Date) {
    guard let operation = operations[id], var machine = machines[operation.machine],
      var resource = machine.extensions[name]
    else { return }
    let key = resource.handlerType.lowercased()
    if operation.error == nil {
      machine.tally[key, default: .init()].runs += 1
      if let words = failure(of: resource, on: &machine) {
        operations[id]?.error = (
          "VMExtensionProvisioningError",
          "VM has reported a failure when processing extension '\(resource.name)' (publisher '\(resource.publisher)' and type '\(resource.type)'). Error message: \"\(words)\"."
        )
      }
    }
    if operations[id]?.error != nil {
      resource.provisioningState = "Failed"
      machine.extensions[name] = resource
      machines[operation.machine] = machine
      return
    }
    resource.provisioningState = "Succeeded"
    machine.extensions[name] = resource
    machine.tally[key, default: .init()].succeeded += 1
    // An install over a handler of an earlier life that nobody removed leaves that one in place, and silent.
    let isStale = machine.handlers[key].map { $0.vanishesAt == nil && $0.code.hasSuffix("Unresponsive") } ?? false
    if !isStale {
      machine.handlers[key] = SimulatedHandler(
        type: resource.handlerType, version: "\(resource.version).5.18", code: "ProvisioningState/succeeded",
        message: "Plugin enabled", settlesAt: now.addingTimeInterval(scenario.timings.handlerSettles))
    }
    machines[operation.machine] = machine
  }

  private func failure(of resource: SimulatedExtension, on machine: inout SimulatedMachine) -> String? {
    if let left = machine.installFailuresLeft[resource.type], left > 0 {
      machine.installFailuresLeft[resource.type] = left - 1
      return "Enable failed with exit code 7"
    }
    if machine.kinds[resource.handlerType.lowercased()]?.needsProtectedSettings == true,
      !resource.hasProtectedSettings
    {
      return "Enable failed: the protected settings are missing"
    }
    return nil
  }

  /// A new operation's target, below the machine's subscription and location: about 3 KB, signed, with escapes of both
  /// cases, and only good as it stands.
  func begin(_ kind: SimulatedOperation.Kind, _ key: String, _ name: String?) -> String {
    let id = guid()
    let signature = String(repeating: "MIIHkDCCBnigAwIBAgITHgTX%2bR7%2F", count: 96)
    let subscription = key.split(separator: "/").dropFirst().first ?? ""
    let place = "/subscriptions/\(subscription)/providers/Microsoft.Compute/locations/\(machines[key]?.location ?? "")"
    let target =
      "\(place)/operations/\(id)?p=\(id)&api-version=2024-07-01&t=639066%3a1%3A2&c=\(signature)&s=x%3D&h=y%3d"
    let seconds = kind == .patch ? min(5, scenario.timings.operation) : scenario.timings.operation
    if operations.count >= operationsKept {
      // A day after its end nobody can ask for it any more.
      operations = operations.filter { $0.value.ended.map { now.timeIntervalSince($0) < 86_400 } ?? true }
      operationsKept = max(1000, 2 * operations.count)
    }
    let operation = SimulatedOperation(
      id: id, kind: kind, machine: key, vmID: machines[key]?.vmID ?? "", extensionName: name, started: now,
      endsAt: now.addingTimeInterval(seconds), target: target,
      blipsLeft: scenario.quirks.contains(.blips) ? 1 : 0)
    operations[id] = operation
    run(id, from: min(operation.endsAt, operation.givenUpAt))
    machines[key]?.operation = id
    return target
  }

  func poll(_ request: SimulatedRequest) -> SimulatedResponse {
    count("poll")
    // Its machine may be gone before it would have ended.
    if let id = request.segments.last { advance(id, now) }
    let isMonitor = request.target.hasSuffix("&monitor=true")
    guard let id = request.segments.last, let operation = operations[id],
      request.target.withUpperCaseEscapes
        == (operation.target + (isMonitor ? "&monitor=true" : "")).withUpperCaseEscapes
    else { return .error(404, "NotFound", "The operation was not found.") }
    if operation.blipsLeft > 0 {
      operations[operation.id]?.blipsLeft -= 1
      return .error(404, "NotFound", "The operation was not found.")
    }
    if isMonitor {
      guard operation.ended != nil else {
        return SimulatedResponse(202, headers: [("Location", request.origin + request.target)])
      }
      guard let error = operation.error else { return SimulatedResponse(200) }
      return .error(409, error.code, error.message)
    }
    let status = operation.ended == nil ? "InProgress" : operation.error == nil ? "Succeeded" : "Failed"
    var members: [(String, JSON)] = [("startTime", time(operation.started))]
    if let ended = operation.ended { members.append(("endTime", time(ended))) }
    members += [("status", .string(status)), ("name", .string(operation.id))]
    if let error = operation.error {
      members.append(("error", ["code": .string(error.code), "message": .string(error.message)]))
    } else if scenario.quirks.contains(.errorBesideStatus) {
      members.append(("error", ["code": "InternalServerError", "message": "A passing fault was overcome."]))
    }
    return SimulatedResponse(200, .object(members))
  }
}

import FoundationEssentials

/// A small Azure that keeps its own truth: vaults, protected items, machines with guests, operations, associations.
///
/// It is a peer of whoever talks to it and knows nothing of them. Time is the clock's; everything that has become due
/// is applied before a request is answered.
public actor SimulatedAzure {
  nonisolated let scenario: Scenario
  let clock: SimulationClock
  let start: Date
  var items: [String: SimulatedItem] = [:]
  /// Items of a vault in the order in which they are listed; keys are lower-cased item ids.
  var listing: [String: [String]] = [:]
  var itemsByName: [String: String] = [:]
  var machines: [String: SimulatedMachine] = [:]
  var operations: [String: SimulatedOperation] = [:]
  var jobs: [SimulatedJob] = []
  var tokens: Set<String>
  var counts: [String: Int] = [:]
  var faults: [SimulatedFault] = []
  private var due: [(at: Date, what: @Sendable (isolated SimulatedAzure) -> Void)] = []
  private var numbers = 0

  public init(_ scenario: Scenario, clock: SimulationClock) {
    self.scenario = scenario
    self.clock = clock
    start = clock.now
    tokens = [scenario.token]
    var world = World(scenario, start: start)
    world.build()
    items = world.items
    listing = world.listing
    itemsByName = world.itemsByName
    machines = world.machines
    for action in scenario.timeline {
      due.append((start.addingTimeInterval(action.at), { azure in _ = azure.perform(action) }))
    }
    due.sort { $0.at < $1.at }
  }

  // MARK: - Time

  /// Applies everything that has become due, in order.
  func settle() {
    let now = clock.now
    while let next = due.first, next.at <= now {
      due.removeFirst()
      next.what(self)
    }
    for id in operations.keys where operations[id]?.ended == nil { advance(id, now) }
    for key in machines.keys { noteFlow(key, now) }
  }

  /// Keeps since when a machine's data flows without a break.
  private func noteFlow(_ key: String, _ now: Date) {
    guard let machine = machines[key], isSending(machine, now) != (machine.sendingSince != nil) else { return }
    machines[key]?.sendingSince = machine.sendingSince == nil ? now : nil
  }

  func later(_ seconds: Double, _ what: @escaping @Sendable (isolated SimulatedAzure) -> Void) {
    let at = clock.now.addingTimeInterval(seconds)
    let place = due.firstIndex { $0.at > at } ?? due.endIndex
    due.insert((at, what), at: place)
  }

  /// The same numbers in every run of a scenario.
  func guid() -> String {
    numbers += 1
    let digits = String(numbers, radix: 16)
    return "a5e00000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// Azure Monitor Agent sends when it runs, has an identity, and knows a rule.
  private func isSending(_ machine: SimulatedMachine, _ now: Date) -> Bool {
    guard machine.exists, machine.powerState(now) == "running", machine.identityType != "None",
      machine.associations.values.contains(where: { $0.rule != nil }),
      let agent = machine.extensions.values.first(where: { $0.publisher == "Microsoft.Azure.Monitor" }),
      agent.provisioningState == "Succeeded", let handler = machine.handlers[agent.handlerType.lowercased()]
    else { return false }
    return state(of: handler, now).code == "ProvisioningState/succeeded"
  }

  /// What the guest reports of a handler at a time.
  func state(of handler: SimulatedHandler, _ now: Date) -> (code: String, message: String) {
    if let settles = handler.settlesAt, now < settles {
      return (
        "ProvisioningState/Unresponsive",
        "Error while parsing heartbeat of Handler (name \(handler.type), version \(handler.version))."
      )
    }
    return (handler.code, handler.message)
  }

  // MARK: - Operations

  /// Ends an operation whose time has come; one that waits for the guest agent gives up after 25 minutes.
  private func advance(_ id: String, _ now: Date) {
    guard var operation = operations[id], let machine = machines[operation.machine] else { return }
    if operation.kind != .patch, !machine.isAgentReady(now) {
      guard now >= operation.started.addingTimeInterval(25 * 60) else { return }
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
    let until = clock.now.addingTimeInterval(scenario.timings.handlerLingers)
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
    if operation.error == nil, let left = machine.installFailuresLeft[resource.type], left > 0 {
      machine.installFailuresLeft[resource.type] = left - 1
      operations[id]?.error = (
        "VMExtensionProvisioningError",
        "VM has reported a failure when processing extension '\(resource.name)' (publisher '\(resource.publisher)' and type '\(resource.type)'). Error message: \"Enable failed with exit code 7\"."
      )
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
}

/// A fault that the next requests meet.
struct SimulatedFault: Sendable {
  var match: String
  var method: String?
  var times: Int
  var status: Int
  var body: String
  var contentType: String
  var retryAfter: String?
}

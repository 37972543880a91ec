import FoundationEssentials

/// The machines of a world, by id in lower case, and which of them may have begun or ceased to send data.
struct MachineTable: Sequence {
  private var machines: [String: SimulatedMachine]
  /// Changed since they were last looked at, or about to change by themselves.
  private var restless: Set<String>

  init(_ machines: [String: SimulatedMachine] = [:]) {
    self.machines = machines
    restless = Set(machines.keys)
  }

  var keys: [String: SimulatedMachine].Keys { machines.keys }
  var values: [String: SimulatedMachine].Values { machines.values }

  func makeIterator() -> [String: SimulatedMachine].Iterator { machines.makeIterator() }

  subscript(key: String) -> SimulatedMachine? {
    get { machines[key] }
    set {
      machines[key] = newValue
      restless.insert(key)
    }
  }

  /// Keeps since when each machine's data flows without a break.
  mutating func noteFlow(at now: Date) {
    for key in restless {
      guard let machine = machines[key] else { continue }
      if machine.isSending(now) != (machine.sendingSince != nil) {
        if machine.sendingSince != nil { machines[key]?.sentUntil = now }
        machines[key]?.sendingSince = machine.sendingSince == nil ? now : nil
      }
    }
    restless = restless.filter { key in machines[key].map { $0.changesByItself(after: now) } ?? false }
  }
}

import FoundationEssentials

/// The instance view: what the platform and the guest report.
extension SimulatedAzure {
  func view(_ machine: SimulatedMachine) -> JSON {
    let now = self.now
    var members: [(String, JSON)] = []
    if machine.powerState(now) == "running" {
      members += [
        ("computerName", .string(machine.name)),
        ("osName", .string(machine.isWindows ? "Windows Server 2022 Datacenter" : "ubuntu")),
        ("osVersion", .string(machine.isWindows ? "10.0.20348" : "22.04")), ("hyperVGeneration", "V2"),
      ]
    }
    members.append(("vmAgent", agent(machine, now)))
    members.append(("disks", [["name": .string("\(machine.name)-os"), "statuses": []]]))
    var extensions = machine.extensions.values.sorted { $0.name < $1.name }.map(view)
    if scenario.quirks.contains(.bareEntries) { extensions.append(["name": "MDE.Windows"]) }
    if !extensions.isEmpty { members.append(("extensions", .array(extensions))) }
    let power = machine.powerState(now)
    members.append(
      (
        "statuses",
        [
          [
            "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
            "time": time(machine.created),
          ],
          ["code": .string("PowerState/\(power)"), "level": "Info", "displayStatus": .string("VM \(power)")],
        ]
      ))
    return odd(.object(members))
  }

  private func agent(_ machine: SimulatedMachine, _ now: Date) -> JSON {
    let isReady = machine.isAgentReady(now)
    // The agent reports every so often; what it says is as old as its last report.
    let since = max(0, now.timeIntervalSince(machine.agentReadyAt))
    let period = scenario.timings.heartbeat
    let reported = machine.agentReadyAt.addingTimeInterval((since / period).rounded(.down) * period)
    let status: JSON = [
      "code": isReady ? "ProvisioningState/succeeded" : "ProvisioningState/Unavailable",
      "level": isReady ? "Info" : "Warning", "displayStatus": isReady ? "Ready" : "Not Ready",
      "message": isReady
        ? "GuestAgent is running and processing the extensions." : "VM status blob is found but not yet populated.",
      "time": time(isReady ? reported : now),
    ]
    var members: [(String, JSON)] = [
      ("vmAgentVersion", isReady ? "2.7.41491.1172" : "Unknown"), ("statuses", [status]),
    ]
    if isReady, !machine.handlers.isEmpty {
      let handlers = machine.handlers.values.sorted { $0.type < $1.type }.map { view($0, now) }
      members.append(("extensionHandlers", .array(handlers)))
    }
    return .object(members)
  }

  private func view(_ handler: SimulatedHandler, _ now: Date) -> JSON {
    let (code, message) = handler.state(now)
    let word = code.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    let isSilent = word == "Unresponsive"
    let words = ["succeeded": "Ready", "NotReady": "Not Ready"]
    return [
      "type": .string(handler.type), "typeHandlerVersion": .string(handler.version),
      "status": [
        "code": .string(shown(code: code)), "level": isSilent ? "Warning" : "Info",
        "displayStatus": .string(words[word] ?? word), "message": .string(message),
      ],
    ]
  }

  func view(_ resource: SimulatedExtension) -> JSON {
    let (state, level, words) =
      switch resource.provisioningState {
      case "Succeeded": ("succeeded", "Info", "Provisioning succeeded")
      case "Failed": ("failed/7", "Error", "Provisioning failed")
      default: ("transitioning", "Info", "Transitioning")
      }
    return [
      "name": .string(resource.name), "type": .string(resource.handlerType),
      "typeHandlerVersion": .string("\(resource.version).5.18"),
      "statuses": [
        [
          "code": .string(shown(code: "ProvisioningState/\(state)")), "level": .string(level),
          "displayStatus": .string(words),
        ]
      ],
      "substatuses": [],
    ]
  }
}

import FoundationEssentials

/// What only the stage hand may do: `/_simulator/...`, without a token.
extension SimulatedAzure {
  func control(_ request: SimulatedRequest) -> SimulatedResponse {
    let verb = request.segments.count > 1 ? request.segments[1] : ""
    switch (request.method, verb) {
    case ("GET", "truth"): return SimulatedResponse(200, truth())
    case ("GET", "clock"): return SimulatedResponse(200, ["now": .string(clock.now.azure)])
    case ("POST", "failover"), ("POST", "commit"), ("POST", "reprotect"), ("POST", "testFailover"),
      ("POST", "testFailoverCleanup"), ("POST", "changePit"):
      guard
        let body = try? JSONDecoder().decode(
          ActionBody.self, from: Data(request.body.isEmpty ? Array("{}".utf8) : request.body))
      else {
        return .error(400, "InvalidBody", "Say {\"items\": [\"name\"]}, {\"vault\": \"name\"} or {\"all\": true}.")
      }
      let unknown = (body.items ?? []).filter { itemsByName[$0] == nil }
      guard unknown.isEmpty else {
        return .error(404, "UnknownItem", "There is no item \(unknown.joined(separator: ", ")).")
      }
      guard body.items != nil || body.vault != nil || body.all == true else {
        return .error(400, "InvalidBody", "Say {\"items\": [\"name\"]}, {\"vault\": \"name\"} or {\"all\": true}.")
      }
      let names = perform(Scenario.Action(verb: verb, items: body.items ?? [], vault: body.vault, plan: body.plan))
      return SimulatedResponse(200, ["items": .array(names.map { .string($0) })])
    case ("POST", "faults"):
      guard let body = try? JSONDecoder().decode(FaultBody.self, from: Data(request.body)) else {
        return .error(
          400, "InvalidBody", "Say {\"match\": \"path\", \"times\": 1, \"status\": 500, \"body\": \"...\"}.")
      }
      faults.append(
        SimulatedFault(
          match: body.match, method: body.method, times: body.times ?? 1, status: body.status, body: body.body ?? "",
          contentType: body.contentType ?? "application/json", retryAfter: body.retryAfter))
      return SimulatedResponse(200, [:])
    case ("POST", "machine"):
      guard let body = try? JSONDecoder().decode(MachineBody.self, from: Data(request.body)),
        let key = machines.keys.first(where: {
          $0 == body.id?.lowercased() || machines[$0].map { $0.name == body.name && $0.role == .live } == true
        })
      else { return .error(404, "UnknownMachine", "Name a machine by \"id\", or a live one by \"name\".") }
      arrange(key, body)
      return SimulatedResponse(200, [:])
    default: return .error(404, "UnknownControl", "There is no \(request.method) \(request.target).")
    }
  }

  /// Puts a machine into a state directly, so that any row of a verdict table can be met.
  private func arrange(_ key: String, _ body: MachineBody) {
    if let exists = body.exists { machines[key]?.exists = exists }
    if let power = body.power { machines[key]?.power = power }
    if let isReady = body.agentReady { machines[key]?.agentReadyAt = isReady ? clock.now : .distantFuture }
    for (type, code) in body.handlers ?? [:] {
      let found = machines[key]?.handlers.first { $0.key.hasSuffix("." + type.lowercased()) }
      if let code {
        let known = machines[key]?.before.extensions.first { $0.type.lowercased() == type.lowercased() }
        guard let full = found?.value.type ?? known?.handlerType else { continue }
        machines[key]?.handlers[full.lowercased()] = SimulatedHandler(
          type: full, version: "1.2.5.18", code: code, message: body.message ?? "arranged")
      } else if let found {
        machines[key]?.handlers[found.key] = nil
      }
    }
    for (type, state) in body.extensions ?? [:] {
      if let state {
        guard
          var resource = machines[key]?.before.extensions.first(where: { $0.type.lowercased() == type.lowercased() })
        else { continue }
        resource.provisioningState = state
        machines[key]?.extensions[type.lowercased()] = resource
      } else {
        machines[key]?.extensions[type.lowercased()] = nil
      }
    }
  }

  /// What is really there, machine by machine.
  func truth() -> JSON {
    let now = clock.now
    let machines: [JSON] = self.machines.values.sorted { ($0.item, $0.role.rawValue) < ($1.item, $1.role.rawValue) }.map
    { machine in
      let extensions: [JSON] = machine.extensions.values.sorted { $0.type < $1.type }.map { resource in
        let tally = machine.tally[resource.handlerType.lowercased()] ?? .init()
        let handler = machine.handlers[resource.handlerType.lowercased()].map { self.state(of: $0, now).code }
        return [
          "name": .string(resource.name), "publisher": .string(resource.publisher), "type": .string(resource.type),
          "version": .string(resource.version), "provisioningState": .string(resource.provisioningState),
          "handlerCode": JSON(handler), "installsStarted": .integer(tally.started),
          "installsSucceeded": .integer(tally.succeeded), "removes": .integer(tally.removes),
        ]
      }
      let before: JSON = [
        "extensions": .array(
          machine.before.extensions.map { ["publisher": .string($0.publisher), "type": .string($0.type)] }),
        "associations": .array(machine.before.associations.map(truth)),
        "identityType": .string(machine.before.identityType),
      ]
      return [
        "id": .string(machine.id), "vmId": .string(machine.vmID), "name": .string(machine.name),
        "os": machine.isWindows ? "windows" : "linux", "location": .string(machine.location),
        "role": .string(machine.role.rawValue), "item": .string(machine.item), "vault": .string(machine.vault),
        "exists": .bool(machine.exists), "power": .string(machine.powerState(now)),
        "agent": machine.isAgentReady(now) ? "Ready" : "Not Ready", "identityType": .string(machine.identityType),
        "extensions": .array(extensions), "associations": .array(machine.associations.values.map(truth)),
        "before": before, "sendingSince": JSON(machine.sendingSince?.azure), "writes": .integer(machine.writes),
      ]
    }
    let items: [JSON] = self.items.values.sorted { $0.friendlyName < $1.friendlyName }.map { item in
      [
        "name": .string(item.friendlyName), "vault": .string(item.vault),
        "protectionState": .string(item.protectionState), "activeLocation": .string(item.activeLocation),
        "scenario": .string(item.scenario),
      ]
    }
    let requests: [(String, JSON)] = counts.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }
    return [
      "now": .string(now.azure), "machines": .array(machines), "items": .array(items), "requests": .object(requests),
    ]
  }

  private func truth(_ association: SimulatedAssociation) -> JSON {
    ["name": .string(association.name), "rule": JSON(association.rule), "endpoint": JSON(association.endpoint)]
  }
}

private struct ActionBody: Decodable {
  var items: [String]?
  var vault: String?
  var plan: String?
  var all: Bool?
}

private struct FaultBody: Decodable {
  var match: String
  var method: String?
  var times: Int?
  var status: Int
  var body: String?
  var contentType: String?
  var retryAfter: String?
}

private struct MachineBody: Decodable {
  var id: String?
  var name: String?
  var exists: Bool?
  var power: String?
  var agentReady: Bool?
  /// Handler codes by extension type; null takes the handler away.
  var handlers: [String: String?]?
  var message: String?
  /// Provisioning states of resources by extension type; null takes the resource away.
  var extensions: [String: String?]?
}

import FoundationEssentials

/// What only the stage hand may do: `/_simulator/...`, without a token.
extension SimulatedAzure {
  func control(_ request: SimulatedRequest) -> SimulatedResponse {
    let verb = request.segments.count > 1 ? request.segments[1] : ""
    switch (request.method, verb) {
    case ("GET", "truth"): return SimulatedResponse(200, truth())
    case ("GET", "clock"): return SimulatedResponse(200, ["now": .string(now.azure)])
    case ("POST", _) where Scenario.Verb(rawValue: verb) != nil: return act(verb, request)
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
    case ("POST", "limits"):
      guard let body = try? JSONDecoder().decode([String: Scenario.Limits].self, from: Data(request.body)),
        let limits = body["limits"]
      else { return .error(400, "InvalidBody", "Say {\"limits\": \"real\"}, \"none\" or a number.") }
      self.limits = limits
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

  private func act(_ word: String, _ request: SimulatedRequest) -> SimulatedResponse {
    let usage = "Say {\"items\": [\"name\"]}, {\"vault\": \"name\"} or {\"all\": true}."
    let text = request.body.isEmpty ? Array("{}".utf8) : request.body
    guard let verb = Scenario.Verb(rawValue: word),
      let body = try? JSONDecoder().decode(ActionBody.self, from: Data(text)),
      body.items != nil || body.vault != nil || body.all == true
    else { return .error(400, "InvalidBody", usage) }
    let unknown = (body.items ?? []).filter { itemsByName[$0] == nil }
    guard unknown.isEmpty else {
      return .error(404, "UnknownItem", "There is no item \(unknown.joined(separator: ", ")).")
    }
    if verb == .removeExtension, body.extension == nil {
      return .error(400, "InvalidBody", "Name the type of the extension: {\"extension\": \"type\"}.")
    }
    let all = body.all == true ? itemsByName.keys.sorted() : []
    var action = Scenario.Action(verb: verb, items: body.items ?? all, vault: body.vault, plan: body.plan)
    action.extension = body.extension
    action.state = body.state
    return SimulatedResponse(200, ["items": JSON(perform(action))])
  }

  /// Puts a machine into a state directly, so that any row of a verdict table can be met.
  private func arrange(_ key: String, _ body: MachineBody) {
    if let exists = body.exists {
      if exists { machines[key]?.exists = true } else { remove(key) }
    }
    if let power = body.power { machines[key]?.power = power }
    if let isReady = body.agentReady { machines[key]?.agentReadyAt = isReady ? now : .distantFuture }
    for (type, code) in body.handlers ?? [:] {
      let found = machines[key]?.handlerKey(type)
      if let code {
        let known = machines[key]?.before.extensions.first { $0.type.lowercased() == type.lowercased() }
        guard let full = found.flatMap({ machines[key]?.handlers[$0]?.type }) ?? known?.handlerType else { continue }
        machines[key]?.handlers[full.lowercased()] = SimulatedHandler(
          type: full, version: "1.2.5.18", code: code, message: body.message ?? "arranged")
      } else if let found {
        machines[key]?.handlers[found] = nil
      }
    }
    for (type, state) in body.extensions ?? [:] {
      if let state {
        guard
          var resource = machines[key]?.before.extensions.first(where: { $0.type.lowercased() == type.lowercased() })
        else { continue }
        resource.provisioningState = state
        machines[key]?.extensions[resource.name.lowercased()] = resource
      } else {
        let found = machines[key]?.extensions.first { $0.value.type.lowercased() == type.lowercased() }
        if let found { machines[key]?.extensions[found.key] = nil }
      }
    }
  }
}

private struct ActionBody: Decodable {
  var items: [String]?
  var vault: String?
  var plan: String?
  var `extension`: String?
  var state: String?
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

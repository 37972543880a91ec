import FoundationEssentials

/// A machine's identities.
extension SimulatedAzure {
  func patch(_ key: String, _ request: SimulatedRequest) -> SimulatedResponse {
    count("patch")
    guard var machine = machines[key], let body = try? JSONDecoder().decode(IdentityBody.self, from: Data(request.body))
    else { return .error(400, "InvalidRequestContent", "The request content was invalid.") }
    if machine.operation != nil {
      return .error(
        409, "OperationNotAllowed",
        "Operation 'Update' is not allowed on VM '\(machine.name)' since another operation is in progress.")
    }
    let named = body.identity.userAssignedIdentities ?? [:]
    let known = knownIdentities
    if let unknown = named.first(where: { $1 != nil && !known.isEmpty && !known.contains($0.lowercased()) })?.key {
      return .error(400, "FailedIdentityOperation", "The identity '\(unknown)' could not be found.")
    }
    let type = body.identity.type.lowercased()
    machine.isSystemAssigned = type.contains("systemassigned")
    if type.contains("userassigned") {
      // Named ones are added to what is there; null takes one away.
      for (id, value) in named {
        machine.userAssigned.removeAll { $0.lowercased() == id.lowercased() }
        if value != nil { machine.userAssigned.append(id) }
      }
    } else {
      // Naming the system-assigned identity alone drops every user-assigned one.
      machine.userAssigned = []
    }
    machines[key] = machine
    let url = request.origin + begin(.patch, key, nil)
    return SimulatedResponse(
      200, render(machines[key] ?? machine, withView: false),
      headers: [("Azure-AsyncOperation", url), ("azure-asyncnotification", "Enabled")])
  }

  /// Ids of the user-assigned identities that exist; empty when the scenario names none, and then any does.
  var knownIdentities: Set<String> { Set(scenario.machines.flatMap(\.userAssigned).map { $0.lowercased() }) }
}

private struct IdentityBody: Decodable {
  struct Nothing: Decodable {}
  struct Identity: Decodable {
    var type: String
    var userAssignedIdentities: [String: Nothing?]?
  }
  var identity: Identity
}

import FoundationEssentials

/// Associations, which answer at once, and the lists of them by rule or endpoint.
extension SimulatedAzure {
  func association(_ key: String, _ request: SimulatedRequest, _ name: String?) -> SimulatedResponse {
    guard let machine = machines[key] else { return .error(404, "ResourceNotFound", nil) }
    guard let name else {
      guard request.method == "GET" else { return .error(405, "MethodNotAllowed", nil) }
      count("associations")
      let rows = machine.associations.values.sorted { $0.name < $1.name }.map { render($0, on: machine.id) }
      return SimulatedResponse(200, .object([("value", .array(rows)), ("nextLink", .null)]))
    }
    switch request.method {
    case "GET":
      guard let found = machine.associations[name.lowercased()] else { return .error(404, "ResourceNotFound", nil) }
      return SimulatedResponse(200, render(found, on: machine.id))
    case "DELETE":
      return SimulatedResponse(machines[key]?.associations.removeValue(forKey: name.lowercased()) == nil ? 204 : 200)
    case "PUT":
      guard let body = try? JSONDecoder().decode(AssociationBody.self, from: Data(request.body)),
        (body.properties.dataCollectionRuleId == nil) != (body.properties.dataCollectionEndpointId == nil)
      else {
        return .error(
          400, "InvalidPayload", "Exactly one of dataCollectionRuleId and dataCollectionEndpointId must be given.")
      }
      let made = SimulatedAssociation(
        name: name, rule: body.properties.dataCollectionRuleId, endpoint: body.properties.dataCollectionEndpointId)
      if let refusal = refuse(made, machine) { return refusal }
      machines[key]?.associations[name.lowercased()] = made
      // A create is answered like an update.
      return SimulatedResponse(200, render(made, on: machine.id))
    default: return .error(405, "MethodNotAllowed", nil)
    }
  }

  private func refuse(_ association: SimulatedAssociation, _ machine: SimulatedMachine) -> SimulatedResponse? {
    if let rule = association.rule {
      return scenario.rules.contains { $0.lowercased() == rule.lowercased() }
        ? nil : .error(404, "ResourceNotFound", "The data collection rule '\(rule)' was not found.")
    }
    guard let endpoint = association.endpoint else { return nil }
    guard association.name == "configurationAccessEndpoint" else {
      return .error(400, "InvalidPayload", "An endpoint's association must be named configurationAccessEndpoint.")
    }
    guard let found = scenario.endpoints.first(where: { $0.key.lowercased() == endpoint.lowercased() }) else {
      return .error(404, "ResourceNotFound", "The data collection endpoint '\(endpoint)' was not found.")
    }
    return found.value == machine.location
      ? nil : .error(400, "InvalidPayload", "The data collection endpoint must be in the region of the resource.")
  }

  /// An association whose machine is gone: it can be read, and is gone once it is deleted.
  func orphan(_ request: SimulatedRequest) -> SimulatedResponse? {
    guard let found = orphans[request.resource] else { return nil }
    switch request.method {
    case "GET": return SimulatedResponse(200, render(found.association, on: found.machine))
    case "DELETE":
      orphans[request.resource] = nil
      return SimulatedResponse(200)
    default: return nil
    }
  }

  /// The associations of a rule or an endpoint, with ids in lower case.
  func associations(of id: String) -> SimulatedResponse {
    count("associations")
    var found: [(machine: String, association: SimulatedAssociation)] = []
    for machine in machines.values where machine.exists {
      found += machine.associations.values.map { (machine.id, $0) }
    }
    found += orphans.values.map { ($0.machine, $0.association) }
    let rows =
      found.filter { ($0.association.rule ?? $0.association.endpoint)?.lowercased() == id }.map {
        machine, association in
        var association = association
        if scenario.quirks.contains(.lowerAssociations) { association.name = association.name.lowercased() }
        return render(association, on: machine.lowercased())
      }
    return SimulatedResponse(
      200, .object([("value", .array(rows.sorted { $0.text < $1.text })), ("nextLink", .null)]))
  }
}

private struct AssociationBody: Decodable {
  struct Properties: Decodable {
    var dataCollectionRuleId: String?
    var dataCollectionEndpointId: String?
  }
  var properties: Properties
}

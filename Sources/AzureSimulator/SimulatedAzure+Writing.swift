import FoundationEssentials

/// What changes machines: extension operations, identities, associations, with their real codes, headers and refusals.
extension SimulatedAzure {
  func put(_ key: String, _ request: SimulatedRequest, _ name: String) -> SimulatedResponse {
    count("put")
    guard var machine = machines[key],
      let body = try? JSONDecoder().decode(ExtensionBody.self, from: Data(request.body))
    else { return .error(400, "InvalidRequestContent", "The request content was invalid.") }
    if let refusal = refuse(machine, name, isDelete: false) { return refusal }
    let properties = body.properties
    let handler = "\(properties.publisher).\(properties.type)".lowercased()
    if let other = machine.extensions.values.first(where: {
      $0.handlerType.lowercased() == handler && $0.name.lowercased() != name.lowercased()
    }) {
      return .error(
        400, "BadRequest",
        "Multiple VMExtensions per handler not supported for OS type '\(machine.isWindows ? "Windows" : "Linux")'. VMExtension '\(other.name)' with handler '\(other.handlerType)' already added or specified in input."
      )
    }
    let existing = machine.extensions[name.lowercased()]
    if let existing, existing.handlerType.lowercased() != handler {
      return .error(400, "PropertyChangeNotAllowed", "Changing property 'publisher' is not allowed.")
    }
    guard body.location.lowercased() == machine.location else {
      return .error(400, "InvalidParameter", "The location '\(body.location)' is not that of the virtual machine.")
    }
    var resource = SimulatedExtension(
      name: existing?.name ?? name, publisher: properties.publisher, type: properties.type,
      version: properties.typeHandlerVersion, provisioningState: existing == nil ? "Creating" : "Updating")
    resource.forceUpdateTag = properties.forceUpdateTag
    resource.autoUpgradeMinorVersion = properties.autoUpgradeMinorVersion ?? false
    resource.enableAutomaticUpgrade = properties.enableAutomaticUpgrade ?? false
    machine.extensions[name.lowercased()] = resource
    machine.tally[handler, default: .init()].started += 1
    machines[key] = machine
    let url = begin(.put, key, name.lowercased(), request.origin)
    return SimulatedResponse(
      existing == nil ? 201 : 200, render(resource, machine),
      headers: [("Azure-AsyncOperation", url), ("azure-asyncnotification", "Enabled")])
  }

  func delete(_ key: String, _ request: SimulatedRequest, _ name: String) -> SimulatedResponse {
    count("delete")
    guard let machine = machines[key] else { return .error(404, "ResourceNotFound", nil) }
    guard machine.extensions[name] != nil else {
      // The resource was never created, yet what the disk carried over is cleared with it.
      for handler in machine.handlers.values where handler.type.lowercased().hasSuffix("." + name) {
        vanish(handler.type, of: key)
      }
      return SimulatedResponse(204)
    }
    if let refusal = refuse(machine, name, isDelete: true) { return refusal }
    machines[key]?.extensions[name]?.provisioningState = "Deleting"
    let url = begin(.delete, key, name, request.origin)
    return SimulatedResponse(202, headers: [("Azure-AsyncOperation", url), ("Location", url + "&monitor=true")])
  }

  private func refuse(_ machine: SimulatedMachine, _ name: String, isDelete: Bool) -> SimulatedResponse? {
    if machine.powerState(clock.now) != "running" {
      return .error(409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.")
    }
    if machine.extensions[name.lowercased()]?.provisioningState == "Deleting", !isDelete {
      return .error(
        409, "OperationNotAllowed",
        "Operation 'Put' is not allowed on VM extension '\(name)' since it is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete)."
      )
    }
    if machine.operation != nil {
      return .error(
        409, "OperationNotAllowed",
        "Operation 'Update' is not allowed on VM '\(machine.name)' since another operation is in progress.")
    }
    return nil
  }

  func patch(_ key: String, _ request: SimulatedRequest) -> SimulatedResponse {
    count("patch")
    guard var machine = machines[key], let body = try? JSONDecoder().decode(IdentityBody.self, from: Data(request.body))
    else {
      return .error(400, "InvalidRequestContent", "The request content was invalid.")
    }
    if machine.operation != nil {
      return .error(
        409, "OperationNotAllowed",
        "Operation 'Update' is not allowed on VM '\(machine.name)' since another operation is in progress.")
    }
    let type = body.identity.type.lowercased()
    machine.isSystemAssigned = type.contains("systemassigned")
    if type.contains("userassigned") {
      for id in (body.identity.userAssignedIdentities ?? [:]).keys where !machine.userAssigned.contains(id) {
        machine.userAssigned.append(id)
      }
    } else {
      // Naming the system-assigned identity alone drops every user-assigned one.
      machine.userAssigned = []
    }
    machines[key] = machine
    let url = begin(.patch, key, nil, request.origin)
    return SimulatedResponse(200, render(machine, withView: false), headers: [("Azure-AsyncOperation", url)])
  }

  func association(_ key: String, _ request: SimulatedRequest, _ name: String?) -> SimulatedResponse {
    guard let machine = machines[key] else { return .error(404, "ResourceNotFound", nil) }
    guard let name else {
      count("associations")
      return SimulatedResponse(
        200, .object([("value", .array(machine.associations.values.map { render($0, machine) })), ("nextLink", .null)]))
    }
    switch request.method {
    case "GET":
      guard let found = machine.associations[name.lowercased()] else { return .error(404, "ResourceNotFound", nil) }
      return SimulatedResponse(200, render(found, machine))
    case "DELETE":
      return SimulatedResponse(machines[key]?.associations.removeValue(forKey: name.lowercased()) == nil ? 204 : 200)
    case "PUT":
      guard let body = try? JSONDecoder().decode(AssociationBody.self, from: Data(request.body)),
        (body.properties.dataCollectionRuleId == nil) != (body.properties.dataCollectionEndpointId == nil)
      else {
        return .error(
          400, "InvalidPayload", "Exactly one of dataCollectionRuleId and dataCollectionEndpointId must be given.")
      }
      if let rule = body.properties.dataCollectionRuleId,
        !scenario.rules.contains(where: { $0.lowercased() == rule.lowercased() })
      {
        return .error(404, "ResourceNotFound", "The data collection rule '\(rule)' was not found.")
      }
      let made = SimulatedAssociation(
        name: name, rule: body.properties.dataCollectionRuleId, endpoint: body.properties.dataCollectionEndpointId)
      machines[key]?.associations[name.lowercased()] = made
      return SimulatedResponse(200, render(made, machine))
    default: return .error(405, "MethodNotAllowed", nil)
    }
  }

  // MARK: - Operations

  /// A new operation's URL: about 3 KB, signed, with escapes of both cases, and only good byte for byte.
  private func begin(_ kind: SimulatedOperation.Kind, _ key: String, _ name: String?, _ origin: String) -> String {
    let id = guid()
    let signature = String(repeating: "MIIHkDCCBnigAwIBAgITHgTX%2bR7%2F", count: 96)
    let target = "/operations/\(id)?p=\(id)&api-version=2024-07-01&t=639066%3a1%3A2&c=\(signature)&s=x%3D&h=y%3d"
    let seconds = kind == .patch ? min(5, scenario.timings.operation) : scenario.timings.operation
    operations[id] = SimulatedOperation(
      id: id, kind: kind, machine: key, extensionName: name, started: clock.now,
      endsAt: clock.now.addingTimeInterval(seconds), target: target)
    machines[key]?.operation = id
    return origin + target
  }

  func poll(_ request: SimulatedRequest) -> SimulatedResponse {
    count("poll")
    guard request.segments.count == 2, let operation = operations[request.segments[1]],
      request.target == operation.target || request.target == operation.target + "&monitor=true"
    else { return .error(404, "NotFound", "The operation was not found.") }
    guard let ended = operation.ended else {
      if request.target.hasSuffix("&monitor=true") { return SimulatedResponse(202) }
      return SimulatedResponse(
        200, ["startTime": .string(operation.started.azure), "status": "InProgress", "name": .string(operation.id)])
    }
    var members: [(String, JSON)] = [
      ("startTime", .string(operation.started.azure)), ("endTime", .string(ended.azure)),
      ("status", .string(operation.error == nil ? "Succeeded" : "Failed")), ("name", .string(operation.id)),
    ]
    if let error = operation.error {
      members.append(("error", ["code": .string(error.code), "message": .string(error.message)]))
    }
    return SimulatedResponse(200, .object(members))
  }
}

private struct ExtensionBody: Decodable {
  struct Properties: Decodable {
    var publisher: String
    var type: String
    var typeHandlerVersion: String
    var forceUpdateTag: String?
    var autoUpgradeMinorVersion: Bool?
    var enableAutomaticUpgrade: Bool?
  }
  var location: String
  var properties: Properties
}

private struct IdentityBody: Decodable {
  struct Nothing: Decodable {}
  struct Identity: Decodable {
    var type: String
    var userAssignedIdentities: [String: Nothing]?
  }
  var identity: Identity
}

private struct AssociationBody: Decodable {
  struct Properties: Decodable {
    var dataCollectionRuleId: String?
    var dataCollectionEndpointId: String?
  }
  var properties: Properties
}

import FoundationEssentials

/// Extension operations, with their real codes, headers and refusals.
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
    guard body.location.lowercased().replacing(" ", with: "") == machine.location else {
      return .error(400, "InvalidParameter", "The location '\(body.location)' is not that of the virtual machine.")
    }
    if machine.options.withdrawn.contains(where: { $0.lowercased() == properties.type.lowercased() }),
      machine.isAttachedDisk
    {
      return .error(
        404, "ArtifactNotFound",
        "The VM extension with publisher '\(properties.publisher)' and type '\(properties.type)' could not be found.")
    }
    var resource = SimulatedExtension(
      name: existing?.name ?? name, publisher: properties.publisher, type: properties.type,
      version: properties.typeHandlerVersion, provisioningState: existing == nil ? "Creating" : "Updating")
    resource.forceUpdateTag = properties.forceUpdateTag
    resource.autoUpgradeMinorVersion = properties.autoUpgradeMinorVersion ?? false
    resource.enableAutomaticUpgrade = properties.enableAutomaticUpgrade ?? false
    resource.suppressFailures = properties.suppressFailures
    resource.settings = properties.settings
    resource.provisionAfterExtensions = properties.provisionAfterExtensions ?? []
    resource.hasProtectedSettings =
      properties.protectedSettings != nil || properties.protectedSettingsFromKeyVault != nil
    if properties.protectedSettings != nil, properties.protectedSettingsFromKeyVault != nil {
      return .error(
        400, "InvalidParameter", "protectedSettings and protectedSettingsFromKeyVault cannot be given together.")
    }
    machine.extensions[name.lowercased()] = resource
    machine.tally[handler, default: .init()].started += 1
    machines[key] = machine
    let url = request.origin + begin(.put, key, name.lowercased())
    return SimulatedResponse(
      existing == nil ? 201 : 200, render(resource, machine, withView: false),
      headers: [("Azure-AsyncOperation", url), ("azure-asyncnotification", "Enabled")])
  }

  func delete(_ key: String, _ request: SimulatedRequest, _ name: String) -> SimulatedResponse {
    count("delete")
    guard let machine = machines[key] else { return .error(404, "ResourceNotFound", nil) }
    guard machine.extensions[name] != nil else {
      // The resource was never created, yet what the disk carried over is cleared with it.
      let known = machine.before.extensions.first { $0.name.lowercased() == name }
      if let handler = machine.handlerKey(known?.handlerType ?? name) { vanish(handler, of: key) }
      return SimulatedResponse(204)
    }
    if let refusal = refuse(machine, name, isDelete: true) { return refusal }
    machines[key]?.extensions[name]?.provisioningState = "Deleting"
    let url = request.origin + begin(.delete, key, name)
    let location = ("Location", url + "&monitor=true")
    let isLocationOnly = scenario.quirks.contains(.locationOnly)
    return SimulatedResponse(202, headers: isLocationOnly ? [location] : [("Azure-AsyncOperation", url), location])
  }

  private func refuse(_ machine: SimulatedMachine, _ name: String, isDelete: Bool) -> SimulatedResponse? {
    if machine.powerState(now) != "running" {
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
}

private struct ExtensionBody: Decodable {
  struct Properties: Decodable {
    var publisher: String
    var type: String
    var typeHandlerVersion: String
    var forceUpdateTag: String?
    var autoUpgradeMinorVersion: Bool?
    var enableAutomaticUpgrade: Bool?
    var suppressFailures: Bool?
    var settings: JSON?
    var provisionAfterExtensions: [String]?
    var protectedSettings: JSON?
    var protectedSettingsFromKeyVault: JSON?
  }
  var location: String
  var properties: Properties
}

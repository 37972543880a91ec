import FoundationEssentials

/// What is neither in a vault nor on a machine: rules, endpoints, identities, and the versions that a region has.
extension SimulatedAzure {
  func regional(_ request: SimulatedRequest, _ path: [String]) -> SimulatedResponse {
    let nothing = SimulatedResponse.error(
      404, "ResourceNotFound", "The resource under '\(request.resource)' was not found.")
    guard request.method == "GET" else { return nothing }
    if path.last == "versions" || path.dropLast().last == "versions" { return versions(path) ?? nothing }
    let isList = path.last == "associations"
    let id = "/" + (isList ? path.dropLast() : path[...]).joined(separator: "/")
    if let rule = scenario.rules.first(where: { $0.lowercased() == id }) {
      return isList ? associations(of: id) : SimulatedResponse(200, render(rule: rule))
    }
    if let endpoint = scenario.endpoints.first(where: { $0.key.lowercased() == id }) {
      return isList
        ? associations(of: id) : SimulatedResponse(200, render(endpoint: endpoint.key, in: endpoint.value))
    }
    if let identity = scenario.machines.flatMap(\.userAssigned).first(where: { $0.lowercased() == id }) {
      return SimulatedResponse(200, render(identity: identity))
    }
    if let vault = scenario.keyVaults.first(where: { $0.id.lowercased() == id }) {
      return SimulatedResponse(200, render(vault))
    }
    return nothing
  }

  private func name(_ id: String) -> String { id.split(separator: "/").last.map(String.init) ?? "" }

  private func render(rule: String) -> JSON {
    let group = rule.split(separator: "/").prefix(4).joined(separator: "/")
    let workspace = "/\(group)/providers/Microsoft.OperationalInsights/workspaces/law-ops"
    return [
      "id": .string(rule), "name": .string(name(rule)), "type": "Microsoft.Insights/dataCollectionRules",
      "location": "uksouth", "kind": .string(rule.lowercased().contains("linux") ? "Linux" : "Windows"),
      "etag": "\"0a00\"",
      "properties": [
        "immutableId": "dcr-00000000000000000000000000000001", "provisioningState": "Succeeded",
        "destinations": [
          "logAnalytics": [
            [
              "workspaceResourceId": .string(workspace), "workspaceId": .string(SimulatedAzure.tenant),
              "name": "law-ops",
            ]
          ]
        ], "dataFlows": [["streams": ["Microsoft-Event"], "destinations": ["law-ops"]]],
      ],
    ]
  }

  private func render(endpoint: String, in location: String) -> JSON {
    [
      "id": .string(endpoint), "name": .string(name(endpoint)), "type": "Microsoft.Insights/dataCollectionEndpoints",
      "location": .string(location),
      "properties": [
        "immutableId": "dce-00000000000000000000000000000001", "provisioningState": "Succeeded",
        "configurationAccess": [
          "endpoint": .string("https://\(name(endpoint)).\(location)-1.handler.control.monitor.azure.com")
        ],
        "logsIngestion": ["endpoint": .string("https://\(name(endpoint)).\(location)-1.ingest.monitor.azure.com")],
        "networkAcls": ["publicNetworkAccess": "Enabled"],
      ],
    ]
  }

  private func render(identity: String) -> JSON {
    [
      "id": .string(identity), "name": .string(name(identity)),
      "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "location": "uksouth",
      "properties": [
        "tenantId": .string(SimulatedAzure.tenant), "principalId": .string(SimulatedAzure.tenant),
        "clientId": .string(SimulatedAzure.tenant),
      ],
    ]
  }

  private func render(_ vault: Scenario.KeyVault) -> JSON {
    [
      "id": .string(vault.id), "name": .string(name(vault.id)), "type": "Microsoft.KeyVault/vaults",
      "location": .string(vault.location), "tags": [:],
      "properties": [
        "sku": ["family": "A", "name": "standard"], "tenantId": .string(SimulatedAzure.tenant), "accessPolicies": [],
        "enabledForDeployment": .bool(vault.enabledForDeployment), "enabledForDiskEncryption": false,
        "enabledForTemplateDeployment": false, "enableSoftDelete": true, "enableRbacAuthorization": true,
        "vaultUri": .string("https://\(name(vault.id)).vault.azure.net/"), "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
      ],
    ]
  }

  /// `.../locations/{l}/publishers/{p}/artifacttypes/vmextension/types/{t}/versions`: a bare array.
  private func versions(_ path: [String]) -> SimulatedResponse? {
    func value(_ name: String) -> String? {
      path.firstIndex(of: name).flatMap { $0 + 1 < path.count ? path[$0 + 1] : nil }
    }
    guard let location = value("locations"), let publisher = value("publishers"), let type = value("types") else {
      return nil
    }
    count("versions")
    var found: Set<String> = []
    for group in scenario.machines {
      let isWithdrawn = location == group.to.location && group.options.withdrawn.contains { $0.lowercased() == type }
      for wanted in group.extensions where !isWithdrawn {
        let full = wanted.type.replacing("*", with: group.os.lowercased() == "windows" ? "Windows" : "Linux")
        guard wanted.publisher.lowercased() == publisher, full.lowercased() == type else { continue }
        found.formUnion(["\(wanted.version).0.0", "\(wanted.version).5.18"])
      }
    }
    let told = scenario.versions.first { $0.location == location && $0.type.lowercased() == type }
    if let told { found = Set(told.versions) }
    guard told != nil || !found.isEmpty else {
      return .error(
        404, "ArtifactNotFound",
        "The VM extension with publisher '\(publisher)' and type '\(type)' could not be found.")
    }
    let base = "/" + path.prefix(path.firstIndex(of: "versions") ?? 0).joined(separator: "/") + "/versions"
    return SimulatedResponse(
      200,
      .array(
        found.sorted().map {
          ["location": .string(location), "name": .string($0), "id": .string("\(base)/\($0)")]
        }))
  }
}

import FoundationEssentials
package import JSONReading
package import RecoveryCore

/// Source: Compute, VirtualMachine with its instance view, api-version 2024-07-01. Every array may be absent.
extension Machine {
  package init?(_ document: JSONDocument) {
    guard let id = document.text("id").flatMap({ ResourceID($0) }), let properties = document["properties"] else {
      return nil
    }
    let view = properties["instanceView"]
    let codes = view?["statuses"]?.elements.compactMap { $0.text("code").map { StatusCode($0) } } ?? []
    self.init(
      id: id, vmID: properties.text("vmId") ?? "", location: document.text("location") ?? "",
      zones: document["zones"]?.elements.compactMap(\.text) ?? [], tags: document["tags"]?.texts ?? [:],
      operatingSystem: properties["storageProfile"]?["osDisk"]?.text("osType").flatMap { OperatingSystem(azure: $0) },
      provisioningState: properties.text("provisioningState") ?? "",
      created: properties.text("timeCreated").flatMap { Timestamp(iso8601: $0) },
      identity: document["identity"].map { ManagedIdentity($0) } ?? .none,
      power: codes.first { $0.isOf(kind: "powerstate") }, agent: view?["vmAgent"].map { VMAgent($0) },
      handlers: view?["vmAgent"]?["extensionHandlers"]?.elements.compactMap { ExtensionHandler($0) } ?? [],
      extensions: document["resources"]?.elements.compactMap { ExtensionResource($0) } ?? [],
      extensionStatuses: view?["extensions"]?.elements.compactMap { ExtensionStatus($0) } ?? [])
  }
}

extension VMAgent {
  init(_ document: JSONDocument) {
    let status = document["statuses"]?.elements.first
    self.init(
      version: document.text("vmAgentVersion") ?? "Unknown", status: status?.text("code").map { StatusCode($0) },
      message: status?.text("message"), reported: status?.text("time").flatMap { Timestamp(iso8601: $0) })
  }
}

extension ExtensionHandler {
  init?(_ document: JSONDocument) {
    guard let type = document.text("type") else { return nil }
    let status = document["status"]
    self.init(
      type: type, version: document.text("typeHandlerVersion") ?? "",
      status: status?.text("code").map { StatusCode($0) },
      message: status?.text("message"))
  }
}

extension ExtensionStatus {
  init?(_ document: JSONDocument) {
    guard let name = document.text("name") else { return nil }
    let status = document["statuses"]?.elements.first
    self.init(
      name: name, type: document.text("type") ?? "", status: status?.text("code").map { StatusCode($0) },
      message: status?.text("message"))
  }
}

extension ExtensionResource {
  /// A child of a machine; anything else among its resources is none.
  init?(_ document: JSONDocument) {
    // A child's name may come as `machine/extension`; its id ends with the extension's alone.
    let told = document.text("name")
    let isWhole = told.map { !$0.utf8.contains(UInt8(ascii: "/")) } ?? false
    guard let properties = document["properties"], let publisher = properties.text("publisher"),
      let type = properties.text("type"),
      let name = isWhole ? told : document.text("id").flatMap({ ResourceID($0)?.name }) ?? told
    else { return nil }
    self.init(
      name: name, kind: ExtensionKind(publisher: publisher, type: type),
      version: properties.text("typeHandlerVersion"),
      provisioningState: properties.text("provisioningState") ?? "",
      forceUpdateTag: properties.text("forceUpdateTag"), settings: properties["settings"]?.value.parsed,
      autoUpgradeMinorVersion: properties["autoUpgradeMinorVersion"]?.flag ?? false,
      enableAutomaticUpgrade: properties["enableAutomaticUpgrade"]?.flag ?? false,
      provisionAfterExtensions: properties["provisionAfterExtensions"]?.elements.compactMap(\.text) ?? [])
  }

  /// The body of a PUT. Both upgrade flags are always sent: their defaults depend on the api-version.
  static func body(
    _ wanted: DesiredExtension, location: String, forceUpdateTag: String, protectedSettings: JSONValue? = nil
  ) -> JSONValue {
    var properties: [String: JSONValue] = [
      "publisher": .string(wanted.kind.publisher), "type": .string(wanted.kind.type),
      "typeHandlerVersion": .string(wanted.version), "autoUpgradeMinorVersion": .bool(wanted.autoUpgradeMinorVersion),
      "enableAutomaticUpgrade": .bool(wanted.enableAutomaticUpgrade), "forceUpdateTag": .string(forceUpdateTag),
    ]
    properties["settings"] = wanted.settings
    properties["protectedSettings"] = protectedSettings
    if case .keyVault(let url, let vault)? = wanted.protectedSettings {
      properties["protectedSettingsFromKeyVault"] = .object([
        "secretUrl": .string(url), "sourceVault": .object(["id": .string(vault.text)]),
      ])
    }
    if !wanted.provisionAfter.isEmpty {
      properties["provisionAfterExtensions"] = .array(wanted.provisionAfter.map { .string($0) })
    }
    return .object(["location": .string(location), "properties": .object(properties)])
  }
}

extension ManagedIdentity {
  init(_ document: JSONDocument) {
    let types = (document.text("type") ?? "").lowercased().utf8.split {
      [UInt8(ascii: ","), UInt8(ascii: " ")].contains($0)
    }
    let ids = (document["userAssignedIdentities"]?.members ?? []).map(\.name).sorted().compactMap { ResourceID($0) }
    self.init(hasSystemAssigned: types.contains { $0.elementsEqual("systemassigned".utf8) }, userAssigned: ids)
  }

  /// The body of a PATCH: the whole identity, for a `type` alone would drop what it does not name.
  var body: JSONValue {
    var identity: [String: JSONValue] = ["type": .string(type)]
    if !userAssigned.isEmpty {
      identity["userAssignedIdentities"] = .object(
        Dictionary(userAssigned.map { ($0.text, .object([:])) }, uniquingKeysWith: { first, _ in first }))
    }
    return .object(["identity": .object(identity)])
  }
}

extension JSONValue {
  /// Settings that came as the text of a JSON document are that document.
  var parsed: JSONValue {
    guard case .string(let text) = self, text.hasPrefix("{"),
      let document = JSONValue(parsing: text.utf8)
    else { return self }
    return document
  }
}

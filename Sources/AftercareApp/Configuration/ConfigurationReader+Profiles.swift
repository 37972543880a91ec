import Foundation
import RecoveryCore
import Yams

/// Profiles: what matching machines must have.
extension ConfigurationReader {
  func profiles(_ node: Node, _ read: inout Configuration) {
    for (index, entry) in list(node, "profiles").enumerated() {
      let path = "profiles[\(index)]"
      let keys = section(entry, path, "profiles")
      var profile = Profile(name: "profile \(index + 1)")
      if let node = keys["name"] {
        profile.name = text(node, "\(path).name") ?? profile.name
      } else {
        report(entry, "\(path).name", "a profile needs a name")
      }
      if read.profiles.contains(where: { $0.name == profile.name }) {
        report(keys["name"] ?? entry, "\(path).name", "the name '\(profile.name)' stands twice")
      }
      if let node = keys["match"] { profile.match = match(node, "\(path).match") }
      if let node = keys["identity"] { profile.identity = identity(node, "\(path).identity") }
      if let node = keys["extensions"] { profile.extensions = extensions(node, "\(path).extensions") }
      if let node = keys["associations"] { profile.associations = associations(node, "\(path).associations") }
      if let node = keys["endpoints"] { profile.endpoints = endpoints(node, "\(path).endpoints") }
      if let node = keys["data"] { profile.data = data(node, "\(path).data") }
      if profile.isEmpty {
        report(entry, path, "the profile names nothing: no identity, extension, association or endpoint")
      }
      let wantsAgent = profile.extensions.contains { $0.variants.values.contains { $0.needsIdentity } }
      if wantsAgent, profile.identity == .none {
        read.warnings.append(
          "profile '\(profile.name)' wants Azure Monitor Agent and names no identity: the agent collects nothing without one"
        )
      }
      read.profiles.append(profile)
    }
  }

  private func match(_ node: Node, _ path: String) -> Profile.Match {
    let keys = section(node, path, "profiles.match")
    var systems: Set<OperatingSystem> = []
    if let node = keys["os"] { systems = self.systems(node, "\(path).os") }
    var tags: [String: String] = [:]
    if let node = keys["tags"] {
      guard let mapping = node.mapping else {
        report(node, "\(path).tags", "expected names and values")
        return Profile.Match()
      }
      for (key, value) in mapping {
        if let name = key.string, let text = text(value, "\(path).tags.\(name)") { tags[name] = text }
      }
    }
    return Profile.Match(
      operatingSystems: systems, tags: tags, locations: words(keys["locations"], "\(path).locations"),
      resourceGroups: words(keys["resourceGroups"], "\(path).resourceGroups"))
  }

  private func words(_ node: Node?, _ path: String) -> Set<String> {
    guard let node else { return [] }
    return Set(list(node, path).enumerated().compactMap { text($1, "\(path)[\($0)]") })
  }

  /// One OS, or a list of them.
  private func systems(_ node: Node, _ path: String) -> Set<OperatingSystem> {
    let nodes = node.sequence.map(Array.init) ?? [node]
    return Set(nodes.compactMap { choice($0, path, OperatingSystem.self) })
  }

  private func identity(_ node: Node, _ path: String) -> ManagedIdentity {
    let keys = section(node, path, "profiles.identity")
    let isSystemAssigned = keys["systemAssigned"].flatMap { flag($0, "\(path).systemAssigned") } ?? false
    let ids = keys["userAssigned"].map { list($0, "\(path).userAssigned") } ?? []
    return ManagedIdentity(
      hasSystemAssigned: isSystemAssigned,
      userAssigned: ids.enumerated().compactMap {
        id($1, "\(path).userAssigned[\($0)]", type: "Microsoft.ManagedIdentity/userAssignedIdentities")
      })
  }

  // MARK: - Extensions

  private func extensions(_ node: Node, _ path: String) -> [ExtensionTemplate] {
    var templates: [ExtensionTemplate] = []
    var afters: [(Node, String, [String])] = []
    for (index, entry) in list(node, path).enumerated() {
      let path = "\(path)[\(index)]"
      let keys = section(entry, path, "profiles.extensions")
      guard let template = template(entry, path, keys) else { continue }
      for wanted in template.variants
      where templates.contains(where: { $0.variants[wanted.key]?.kind == wanted.value.kind }) {
        report(entry, path, "\(wanted.value.kind) stands twice for \(wanted.key.rawValue)")
      }
      templates.append(template)
      if let node = keys["after"] { afters.append((node, "\(path).after", words(node, "\(path).after").sorted())) }
    }
    checkOrder(afters, templates)
    return templates
  }

  private func template(_ entry: Node, _ path: String, _ keys: [String: Node]) -> ExtensionTemplate? {
    let version = keys["version"].flatMap { text($0, "\(path).version") }
    if let version, version.wholeMatch(of: /\d+\.\d+(\.\d+)*/) == nil {
      report(keys["version"], "\(path).version", "expected major.minor, such as \"1.2\" in quotes, got '\(version)'")
    }
    var template: ExtensionTemplate
    if let use = keys["use"] {
      let agent = keys["userAssignedIdentity"].flatMap {
        id($0, "\(path).userAssignedIdentity", type: "Microsoft.ManagedIdentity/userAssignedIdentities")
      }
      switch text(use, "\(path).use") {
      case "AzureMonitorAgent": template = .azureMonitorAgent(userAssignedIdentity: agent)
      case "DependencyAgent": template = .dependencyAgent()
      case nil: return nil
      case let other?:
        report(
          use, "\(path).use",
          "expected AzureMonitorAgent or DependencyAgent, got '\(other)'; name publisher and type instead")
        return nil
      }
    } else {
      guard let publisher = keys["publisher"].flatMap({ text($0, "\(path).publisher") }),
        let type = keys["type"].flatMap({ text($0, "\(path).type") })
      else {
        report(entry, path, "an extension needs 'use', or 'publisher' and 'type'")
        return nil
      }
      template = ExtensionTemplate(
        DesiredExtension(name: type, kind: ExtensionKind(publisher: publisher, type: type), version: version ?? ""))
    }
    let wantedSystems = keys["os"].map { systems($0, "\(path).os") }
    for (system, wanted) in template.variants {
      let only = knownExtensions[wanted.kind]?.operatingSystem
      if let wantedSystems, wantedSystems.contains(system), let only, only != system {
        report(keys["os"], "\(path).os", "\(wanted.kind) is an extension for \(only.rawValue) machines")
      }
      // What is made for one OS is wanted on that one, unless the profile says which.
      if !(wantedSystems?.contains(system) ?? (only.map { $0 == system } ?? true)) {
        template.variants[system] = nil
      }
    }
    let protectedSettings = protectedSettings(keys, path)
    for system in template.variants.keys {
      if let version { template.variants[system]?.version = version }
      if let node = keys["name"], let name = text(node, "\(path).name") { template.variants[system]?.name = name }
      template.variants[system]?.protectedSettings = protectedSettings
      if let node = keys["settings"] { template.variants[system]?.settings = json(node, "\(path).settings") }
      if let node = keys["autoUpgradeMinorVersion"], let flag = flag(node, path) {
        template.variants[system]?.autoUpgradeMinorVersion = flag
      }
      if let node = keys["enableAutomaticUpgrade"], let flag = flag(node, path) {
        template.variants[system]?.enableAutomaticUpgrade = flag
      }
      for name in words(keys["after"], "\(path).after").sorted() {
        if let kind = ConfigurationReader.kind(name, system) { template.variants[system]?.after.append(kind) }
      }
    }
    return template
  }

  /// Where an extension's protected settings come from. A file is looked at now: the night of the failover is no time
  /// to find out that it is not there.
  private func protectedSettings(_ keys: [String: Node], _ path: String) -> ProtectedSettingsSource? {
    if let node = keys["protectedSettingsFromKeyVault"] {
      if let other = keys["protectedSettingsFile"] {
        report(other, path, "an extension has protectedSettingsFromKeyVault or protectedSettingsFile, not both")
      }
      let path = "\(path).protectedSettingsFromKeyVault"
      let members = section(node, path, "profiles.extensions.protectedSettingsFromKeyVault")
      guard let url = members["secretUrl"].flatMap({ text($0, "\(path).secretUrl") }),
        let vault = members["sourceVault"].flatMap({
          id($0, "\(path).sourceVault", type: "Microsoft.KeyVault/vaults")
        })
      else {
        report(node, path, "needs secretUrl and sourceVault")
        return nil
      }
      if !url.hasPrefix("https://") {
        report(members["secretUrl"], "\(path).secretUrl", "expected https://VAULT/secrets/NAME/VERSION, got '\(url)'")
      }
      return .keyVault(secretURL: url, vault: vault)
    }
    guard let node = keys["protectedSettingsFile"], let file = text(node, "\(path).protectedSettingsFile") else {
      return nil
    }
    let full = absolute(file)
    if let problem = ConfigurationReader.problem(withSecretFile: full) {
      report(node, "\(path).protectedSettingsFile", problem)
    }
    return .file(full)
  }

  private static func problem(withSecretFile path: String) -> String? {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      return "the file \(path) cannot be read"
    }
    guard case .object? = try? JSONDecoder().decode(JSONValue.self, from: data) else {
      return "the file \(path) must hold one JSON object"
    }
    return nil
  }

  /// Tables of a workspace in which rows of a healed machine must arrive.
  private func data(_ node: Node, _ path: String) -> [DataSource] {
    let keys = section(node, path, "profiles.data")
    guard let workspace = keys["workspace"].flatMap({ text($0, "\(path).workspace") }) else {
      report(node, "\(path).workspace", "needs the workspace's id, a GUID")
      return []
    }
    if UUID(uuidString: workspace) == nil {
      report(
        keys["workspace"], "\(path).workspace", "expected the workspace's GUID (customerId), got '\(workspace)'")
    }
    let tables = keys["tables"].map { words($0, "\(path).tables").sorted() } ?? ["Heartbeat"]
    for table in tables where table.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) == nil {
      report(keys["tables"], "\(path).tables", "expected names of tables, got '\(table)'")
    }
    return tables.map { DataSource(workspace: workspace, table: $0) }
  }

  /// The data collection endpoint of each region.
  private func endpoints(_ node: Node, _ path: String) -> [String: ResourceID] {
    guard let mapping = node.mapping else {
      report(node, path, "expected regions and endpoints, such as ukwest: /subscriptions/…")
      return [:]
    }
    var endpoints: [String: ResourceID] = [:]
    for (key, value) in mapping {
      guard let region = key.string else { continue }
      let place = ProtectedItem.Place.normalized(region)
      if endpoints[place] != nil { report(key, path, "the region '\(region)' stands twice") }
      endpoints[place] = id(value, "\(path).\(region)", type: "Microsoft.Insights/dataCollectionEndpoints")
    }
    return endpoints
  }

  /// `AzureMonitorAgent`, `DependencyAgent`, or `Publisher.Type`.
  private static func kind(_ name: String, _ system: OperatingSystem) -> ExtensionKind? {
    switch name {
    case "AzureMonitorAgent": system == .windows ? .azureMonitorWindowsAgent : .azureMonitorLinuxAgent
    case "DependencyAgent": system == .windows ? .dependencyAgentWindows : .dependencyAgentLinux
    default: ExtensionKind(handlerType: name)
    }
  }

  private func checkOrder(_ afters: [(Node, String, [String])], _ templates: [ExtensionTemplate]) {
    for (node, path, names) in afters {
      for name in names {
        let isKnown = OperatingSystem.allCases.contains { system in
          guard let kind = ConfigurationReader.kind(name, system) else { return false }
          return templates.contains { $0.variants[system]?.kind == kind }
        }
        if !isKnown {
          report(
            node, path,
            "'\(name)' is no extension of this profile; write AzureMonitorAgent, DependencyAgent or Publisher.Type")
        }
      }
    }
    for system in OperatingSystem.allCases {
      let wanted = templates.compactMap { $0.variants[system] }
      for start in wanted where reaches(start.kind, from: start, wanted, []) {
        report(
          afters.first?.0, afters.first?.1 ?? "", "\(start.kind) comes after itself on \(system.rawValue): a circle")
        return
      }
    }
  }

  private func reaches(
    _ goal: ExtensionKind, from start: DesiredExtension, _ all: [DesiredExtension], _ seen: Set<ExtensionKind>
  ) -> Bool {
    start.after.contains { kind in
      if kind == goal { return true }
      guard !seen.contains(kind), let next = all.first(where: { $0.kind == kind }) else { return false }
      return reaches(goal, from: next, all, seen.union([kind]))
    }
  }

  private func associations(_ node: Node, _ path: String) -> [Association] {
    var associations: [Association] = []
    for (index, entry) in list(node, path).enumerated() {
      let path = "\(path)[\(index)]"
      let keys = section(entry, path, "profiles.associations")
      var association: Association?
      if let node = keys["rule"], keys["endpoint"] == nil {
        if let rule = id(node, "\(path).rule", type: "Microsoft.Insights/dataCollectionRules") {
          association = Association(
            name: keys["name"].flatMap { text($0, "\(path).name") } ?? rule.name, target: .rule(rule))
        }
      } else if let node = keys["endpoint"], keys["rule"] == nil {
        if let endpoint = id(node, "\(path).endpoint", type: "Microsoft.Insights/dataCollectionEndpoints") {
          association = Association(name: Association.endpointName, target: .endpoint(endpoint))
        }
      } else {
        report(entry, path, "an association names exactly one of 'rule' and 'endpoint'")
      }
      guard let association else { continue }
      if association.name.wholeMatch(of: /[A-Za-z0-9_.-]{1,64}/) == nil {
        report(
          keys["name"] ?? entry, "\(path).name",
          "expected up to 64 letters, digits, '-', '_' or '.', got '\(association.name)'")
      }
      if associations.contains(where: { $0.name.lowercased() == association.name.lowercased() }) {
        report(entry, path, "the association '\(association.name)' stands twice")
      }
      associations.append(association)
    }
    return associations
  }
}

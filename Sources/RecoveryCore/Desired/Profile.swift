/// What the configuration says that matching machines must have.
public struct Profile: Hashable, Sendable {
  public var name: String
  public var match: Match
  public var identity: ManagedIdentity
  public var extensions: [ExtensionTemplate]
  public var associations: [Association]
  /// The data collection endpoint of each region: an endpoint serves machines of its own region only.
  public var endpoints: [String: ResourceID]
  /// Tables in which rows of the machine must arrive.
  public var data: [DataSource] = []

  public init(
    name: String, match: Match = Match(), identity: ManagedIdentity = .none, extensions: [ExtensionTemplate] = [],
    associations: [Association] = [], endpoints: [String: ResourceID] = [:]
  ) {
    self.name = name
    self.match = match
    self.identity = identity
    self.extensions = extensions
    self.associations = associations
    self.endpoints = Dictionary(
      endpoints.map { (ProtectedItem.Place.normalized($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether it asks for nothing.
  public var isEmpty: Bool {
    identity == .none && extensions.isEmpty && associations.isEmpty && endpoints.isEmpty
      && data.isEmpty
  }

  /// The associations of a machine in a region, the one with its endpoint included.
  func associations(in location: String) -> [Association] {
    guard let endpoint = endpoints[location] else { return associations }
    return associations + [Association(name: Association.endpointName, target: .endpoint(endpoint))]
  }

  func namesEndpoint(in location: String) -> Bool { associations(in: location).contains(where: \.isEndpoint) }

  func kinds(on system: OperatingSystem?) -> [ExtensionKind] {
    guard let system else { return [] }
    return extensions.compactMap { $0.variants[system]?.kind }
  }

  /// Which machines: all of what is said must hold; nothing said matches every machine.
  public struct Match: Hashable, Sendable {
    public var operatingSystems: Set<OperatingSystem>
    /// Tag names are compared without case, values exactly, as ARM does.
    public var tags: [String: String]
    public var locations: Set<String>
    public var resourceGroups: Set<String>

    public init(
      operatingSystems: Set<OperatingSystem> = [], tags: [String: String] = [:], locations: Set<String> = [],
      resourceGroups: Set<String> = []
    ) {
      self.operatingSystems = operatingSystems
      self.tags = tags
      self.locations = Set(locations.map(ProtectedItem.Place.normalized))
      self.resourceGroups = Set(resourceGroups.map { $0.lowercased() })
    }

    public func matches(_ machine: Machine) -> Bool {
      if !operatingSystems.isEmpty {
        guard let system = machine.operatingSystem, operatingSystems.contains(system) else { return false }
      }
      if !locations.isEmpty, !locations.contains(machine.location) { return false }
      if !resourceGroups.isEmpty, !resourceGroups.contains((machine.id.resourceGroup ?? "").lowercased()) {
        return false
      }
      return tags.allSatisfy { wanted in
        machine.tags.contains { $0.key.lowercased() == wanted.key.lowercased() && $0.value == wanted.value }
      }
    }
  }
}

/// An extension of a profile, before the OS of a machine is known.
public struct ExtensionTemplate: Hashable, Sendable {
  /// What is installed on each OS; an OS that is not listed gets nothing.
  public var variants: [OperatingSystem: DesiredExtension]

  public init(variants: [OperatingSystem: DesiredExtension]) { self.variants = variants }

  /// The same extension on each of the systems.
  public init(_ wanted: DesiredExtension, on systems: Set<OperatingSystem> = Set(OperatingSystem.allCases)) {
    variants = Dictionary(uniqueKeysWithValues: systems.map { ($0, wanted) })
  }

  /// Azure Monitor Agent. A user-assigned identity, when one is named, is the one that the agent signs in with.
  public static func azureMonitorAgent(
    windowsVersion: String = "1.2", linuxVersion: String = "1.36", userAssignedIdentity: ResourceID? = nil
  ) -> ExtensionTemplate {
    let settings: JSONValue? = userAssignedIdentity.map { identity in
      .object([
        "authentication": .object([
          "managedIdentity": .object([
            "identifier-name": .string("mi_res_id"), "identifier-value": .string(identity.text),
          ])
        ])
      ])
    }
    func variant(_ kind: ExtensionKind, _ version: String) -> DesiredExtension {
      DesiredExtension(name: kind.type, kind: kind, version: version, settings: settings, needsIdentity: true)
    }
    return ExtensionTemplate(variants: [
      .windows: variant(.azureMonitorWindowsAgent, windowsVersion),
      .linux: variant(.azureMonitorLinuxAgent, linuxVersion),
    ])
  }

  /// Dependency Agent, which feeds through Azure Monitor Agent and so comes after it.
  public static func dependencyAgent(version: String = "9.10") -> ExtensionTemplate {
    func variant(_ kind: ExtensionKind, after agent: ExtensionKind) -> DesiredExtension {
      // The value is a string, not a boolean: so says the extension's schema.
      DesiredExtension(
        name: kind.type, kind: kind, version: version, settings: .object(["enableAMA": .string("true")]),
        after: [agent])
    }
    return ExtensionTemplate(variants: [
      .windows: variant(.dependencyAgentWindows, after: .azureMonitorWindowsAgent),
      .linux: variant(.dependencyAgentLinux, after: .azureMonitorLinuxAgent),
    ])
  }
}

extension ExtensionKind {
  public static let azureMonitorWindowsAgent = ExtensionKind(
    publisher: "Microsoft.Azure.Monitor", type: "AzureMonitorWindowsAgent")
  public static let azureMonitorLinuxAgent = ExtensionKind(
    publisher: "Microsoft.Azure.Monitor", type: "AzureMonitorLinuxAgent")
  public static let dependencyAgentWindows = ExtensionKind(
    publisher: "Microsoft.Azure.Monitoring.DependencyAgent", type: "DependencyAgentWindows")
  public static let dependencyAgentLinux = ExtensionKind(
    publisher: "Microsoft.Azure.Monitoring.DependencyAgent", type: "DependencyAgentLinux")
}

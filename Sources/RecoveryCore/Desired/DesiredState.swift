/// What a machine must have, in the words of the machine: one OS, one location.
public struct DesiredState: Hashable, Sendable, Codable {
  /// What it was made from, in order: the baseline, and the names of the profiles laid over it.
  public var sources: [String]
  public var identity: ManagedIdentity
  /// In the order in which they are installed.
  public var extensions: [DesiredExtension]
  public var associations: [Association]
  /// Where its rows must arrive before it counts as healed.
  public var data: [DataSource]
  /// Where each leg came from, by the leg's description.
  public var origins: [String: String]
  /// What the machine had and is not given back by itself.
  public var setAside: [SetAside]

  public init(
    sources: [String] = [], identity: ManagedIdentity = .none, extensions: [DesiredExtension] = [],
    associations: [Association] = [], data: [DataSource] = [], origins: [String: String] = [:],
    setAside: [SetAside] = []
  ) {
    self.sources = sources
    self.identity = identity
    self.extensions = extensions
    self.associations = associations
    self.data = data
    self.origins = origins
    self.setAside = setAside
  }

  public var isEmpty: Bool { extensions.isEmpty && associations.isEmpty && identity == .none }
}

/// A part of the baseline that is not put back, and why.
public struct SetAside: Hashable, Sendable, Codable {
  public enum Reason: String, Sendable, Codable, CaseIterable {
    /// The catalogue says that it runs something once.
    case runsOnce
    /// Neither the catalogue nor a profile knows the type.
    case unknownType
    /// Azure or Site Recovery brings it back.
    case ownedByAzure
    /// Another service made the association and keeps it.
    case ownedByService
    /// No data collection endpoint is known for the region in which the machine now is.
    case noEndpointInRegion

    /// Whether a person may want to do something about it.
    public var wantsPerson: Bool { self == .unknownType || self == .noEndpointInRegion }

    public var remedy: String {
      switch self {
      case .runsOnce: "Nothing: it is never run again by itself; name it in a profile if it must be."
      case .unknownType:
        "Name the extension in a profile, or its type in the configuration's catalogue, or set unknownExtensions: restore."
      case .ownedByAzure, .ownedByService: "Nothing: it is brought back by who owns it."
      case .noEndpointInRegion: "Name the region's data collection endpoint in a profile under 'endpoints'."
      }
    }
  }

  /// The leg, or the name of the part.
  public var part: String
  public var reason: Reason

  public init(_ part: String, _ reason: Reason) {
    self.part = part
    self.reason = reason
  }
}

/// An extension that a machine must have, as it is asked for.
public struct DesiredExtension: Hashable, Sendable, Codable {
  public var name: String
  public var kind: ExtensionKind
  /// `major.minor`; the newest fitting minor is chosen when it is deployed. Empty when nobody has said it.
  public var version: String
  public var autoUpgradeMinorVersion: Bool
  /// Always sent: from Compute api-version 2025-04-01 on it is on when left out.
  public var enableAutomaticUpgrade: Bool
  public var settings: JSONValue?
  /// Where its protected settings come from; they themselves are never held here.
  public var protectedSettings: ProtectedSettingsSource?
  /// Names for ARM's own ordering, given back as they were.
  public var provisionAfter: [String]
  /// Extensions that must be installed before this one.
  public var after: [ExtensionKind]
  /// Whether it is useless until the machine has its managed identity, as Azure Monitor Agent is.
  public var needsIdentity: Bool
  /// Why it cannot be rebuilt: then it is not removed either.
  public var obstacle: Obstacle?

  public enum Obstacle: String, Sendable, Codable, CaseIterable {
    case protectedSettingsUnknown
    case versionUnknown
  }

  public init(
    name: String, kind: ExtensionKind, version: String, autoUpgradeMinorVersion: Bool = true,
    enableAutomaticUpgrade: Bool = true, settings: JSONValue? = nil,
    protectedSettings: ProtectedSettingsSource? = nil, provisionAfter: [String] = [], after: [ExtensionKind] = [],
    needsIdentity: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.version = version
    self.autoUpgradeMinorVersion = autoUpgradeMinorVersion
    self.enableAutomaticUpgrade = enableAutomaticUpgrade
    self.settings = settings
    self.protectedSettings = protectedSettings
    self.provisionAfter = provisionAfter
    self.after = after
    self.needsIdentity = needsIdentity
  }
}

extension DesiredExtension {
  /// Takes over what it does not say itself.
  mutating func fill(from known: DesiredExtension) {
    if version.isEmpty { version = known.version }
    settings = settings ?? known.settings
    protectedSettings = protectedSettings ?? known.protectedSettings
    if provisionAfter.isEmpty { provisionAfter = known.provisionAfter }
    for kind in known.after where !after.contains(kind) { after.append(kind) }
  }

  /// The user-assigned identity with which Azure Monitor Agent is told to sign in; without it on the machine the agent
  /// gets no rules.
  var identityInSettings: ResourceID? {
    guard case .object(let settings)? = settings, case .object(let authentication)? = settings["authentication"],
      case .object(let identity)? = authentication["managedIdentity"],
      case .string("mi_res_id")? = identity["identifier-name"],
      case .string(let value)? = identity["identifier-value"]
    else { return nil }
    return ResourceID(value)
  }
}

/// Where protected settings come from when an extension is installed.
public enum ProtectedSettingsSource: Hashable, Sendable, Codable {
  /// ARM itself fetches them: `protectedSettingsFromKeyVault`.
  case keyVault(secretURL: String, vault: ResourceID)
  /// A file of JSON on this host, read when the extension is installed.
  case file(String)
}

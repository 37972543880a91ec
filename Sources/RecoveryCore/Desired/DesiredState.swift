/// What a machine must have, in the words of the machine: one OS, one location.
public struct DesiredState: Hashable, Sendable, Codable {
  /// The names of the profiles it was made from, in order: where each part came from.
  public var sources: [String]
  public var identity: ManagedIdentity
  /// In the order in which they are installed.
  public var extensions: [DesiredExtension]
  public var associations: [Association]

  public init(
    sources: [String] = [], identity: ManagedIdentity = .none, extensions: [DesiredExtension] = [],
    associations: [Association] = []
  ) {
    self.sources = sources
    self.identity = identity
    self.extensions = extensions
    self.associations = associations
  }

  public var isEmpty: Bool { extensions.isEmpty && associations.isEmpty && identity == .none }
}

/// An extension that a machine must have, as it is asked for.
public struct DesiredExtension: Hashable, Sendable, Codable {
  public var name: String
  public var kind: ExtensionKind
  /// `major.minor`; the newest fitting minor is chosen when it is deployed.
  public var version: String
  public var autoUpgradeMinorVersion: Bool
  /// Always sent: from Compute api-version 2025-04-01 on it is on when left out.
  public var enableAutomaticUpgrade: Bool
  public var settings: JSONValue?
  /// Extensions that must be installed before this one.
  public var after: [ExtensionKind]
  /// Whether it is useless until the machine has its managed identity, as Azure Monitor Agent is.
  public var needsIdentity: Bool

  public init(
    name: String, kind: ExtensionKind, version: String, autoUpgradeMinorVersion: Bool = true,
    enableAutomaticUpgrade: Bool = true, settings: JSONValue? = nil, after: [ExtensionKind] = [],
    needsIdentity: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.version = version
    self.autoUpgradeMinorVersion = autoUpgradeMinorVersion
    self.enableAutomaticUpgrade = enableAutomaticUpgrade
    self.settings = settings
    self.after = after
    self.needsIdentity = needsIdentity
  }
}

/// Which extension: publisher and type. A machine has at most one extension of a kind, under any name.
public struct ExtensionKind: Sendable, Codable, CustomStringConvertible {
  public var publisher: String
  public var type: String

  public init(publisher: String, type: String) {
    self.publisher = publisher
    self.type = type
  }

  /// How the guest agent names it.
  public var handlerType: String { "\(publisher).\(type)" }
  public var description: String { handlerType }
}

extension ExtensionKind: Hashable {
  public static func == (left: ExtensionKind, right: ExtensionKind) -> Bool {
    left.handlerType.lowercased() == right.handlerType.lowercased()
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(handlerType.lowercased()) }
}

/// An extension resource of a machine: what the control plane knows of it.
///
/// Source: `GET {vmId}/extensions`, api-version 2024-07-01. Protected settings are never returned.
public struct ExtensionResource: Hashable, Sendable {
  public var name: String
  public var kind: ExtensionKind
  public var version: String?
  /// `Creating`, `Updating`, `Deleting`, `Succeeded`, `Failed`: an open set.
  public var provisioningState: String
  /// Given back as it was sent: ours tells whether an install whose answer was lost has arrived.
  public var forceUpdateTag: String?
  public var settings: JSONValue?
  public var autoUpgradeMinorVersion: Bool
  public var enableAutomaticUpgrade: Bool
  /// Names of extensions of the machine that must be provisioned before this one.
  public var provisionAfterExtensions: [String]

  public init(
    name: String, kind: ExtensionKind, version: String? = nil, provisioningState: String,
    forceUpdateTag: String? = nil, settings: JSONValue? = nil, autoUpgradeMinorVersion: Bool = false,
    enableAutomaticUpgrade: Bool = false, provisionAfterExtensions: [String] = []
  ) {
    self.name = name
    self.kind = kind
    self.version = version
    self.provisioningState = provisioningState
    self.forceUpdateTag = forceUpdateTag
    self.settings = settings
    self.autoUpgradeMinorVersion = autoUpgradeMinorVersion
    self.enableAutomaticUpgrade = enableAutomaticUpgrade
    self.provisionAfterExtensions = provisionAfterExtensions
  }

  /// What the provisioning state means for us.
  public enum Phase: Sendable { case settled, failed, inFlight, beingDeleted, unknown }

  public var phase: Phase {
    switch provisioningState.lowercased() {
    case "succeeded": .settled
    case "failed", "canceled", "cancelled": .failed
    case "creating", "updating", "transitioning": .inFlight
    case "deleting": .beingDeleted
    default: .unknown
    }
  }
}

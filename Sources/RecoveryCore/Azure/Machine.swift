/// A virtual machine as one read showed it: its model and its instance view.
///
/// Source: `GET {vmId}?$expand=instanceView`, api-version 2024-07-01.
public struct Machine: Hashable, Sendable {
  public var id: ResourceID
  /// `properties.vmId`: a new machine under an old name has a new one.
  public var vmID: String
  public var location: String
  public var zones: [String]
  public var tags: [String: String]
  public var operatingSystem: OperatingSystem?
  public var provisioningState: String
  public var created: Timestamp?
  public var identity: ManagedIdentity
  public var power: StatusCode?
  public var agent: VMAgent?
  /// What the guest reports: `vmAgent.extensionHandlers[]`.
  public var handlers: [ExtensionHandler]
  /// The extension resources: what the control plane knows.
  public var extensions: [ExtensionResource]
  /// What the platform reports of the extensions that it was asked for: `instanceView.extensions[]`.
  public var extensionStatuses: [ExtensionStatus]
  /// Nil when they were not read.
  public var associations: [Association]?

  public init(
    id: ResourceID, vmID: String, location: String, zones: [String] = [], tags: [String: String] = [:],
    operatingSystem: OperatingSystem?, provisioningState: String = "Succeeded", created: Timestamp? = nil,
    identity: ManagedIdentity = .none, power: StatusCode? = nil, agent: VMAgent? = nil,
    handlers: [ExtensionHandler] = [], extensions: [ExtensionResource] = [],
    extensionStatuses: [ExtensionStatus] = [], associations: [Association]? = nil
  ) {
    self.id = id
    self.vmID = vmID
    self.location = ProtectedItem.Place.normalized(location)
    self.zones = zones
    self.tags = tags
    self.operatingSystem = operatingSystem
    self.provisioningState = provisioningState
    self.created = created
    self.identity = identity
    self.power = power
    self.agent = agent
    self.handlers = handlers
    self.extensions = extensions
    self.extensionStatuses = extensionStatuses
    self.associations = associations
  }

  public var pair: MachineIdentity { MachineIdentity(id: id, vmID: vmID) }
  public var isRunning: Bool { power?.state == "running" }
  public var isAgentReady: Bool { agent?.isReady ?? false }
  /// Whether an operation on the machine itself is running.
  public var isBusy: Bool { ["creating", "updating", "migrating"].contains(provisioningState.lowercased()) }
  public var isBeingDeleted: Bool { provisioningState.lowercased() == "deleting" }

  public func resource(_ kind: ExtensionKind) -> ExtensionResource? { extensions.first { $0.kind == kind } }

  public func handler(_ kind: ExtensionKind) -> ExtensionHandler? {
    let wanted = kind.handlerType.lowercased()
    return handlers.first { $0.type.lowercased() == wanted }
  }
}

/// Which machine, for good: the pair of resource id and `properties.vmId`. Changing the recovery point, or failing
/// back, makes a new machine under the old id.
public struct MachineIdentity: Hashable, Sendable, Codable {
  public var id: ResourceID
  /// Nil while the machine has not been read yet.
  public var vmID: String?

  public init(id: ResourceID, vmID: String?) {
    self.id = id
    self.vmID = vmID?.lowercased()
  }

  /// Whether both may be one machine: the same id, and no proof of another `vmId`.
  public func matches(_ other: MachineIdentity) -> Bool {
    guard id == other.id else { return false }
    guard let vmID, let otherVMID = other.vmID else { return true }
    return vmID == otherVMID
  }
}

/// The guest agent (`instanceView.vmAgent`), without which nothing may be installed: an install that comes before
/// it is ready costs about 25 minutes and fails.
public struct VMAgent: Hashable, Sendable {
  public var version: String
  public var status: StatusCode?
  public var message: String?
  public var reported: Timestamp?

  public init(version: String, status: StatusCode?, message: String? = nil, reported: Timestamp? = nil) {
    self.version = version
    self.status = status
    self.message = message
    self.reported = reported
  }

  public var isReady: Bool { status?.state == "succeeded" }
}

/// One entry of `vmAgent.extensionHandlers[]`.
public struct ExtensionHandler: Hashable, Sendable {
  /// Publisher and type joined by a dot; publishers contain dots, so it is compared and never split.
  public var type: String
  public var version: String
  public var status: StatusCode?
  public var message: String?

  public init(type: String, version: String, status: StatusCode?, message: String? = nil) {
    self.type = type
    self.version = version
    self.status = status
    self.message = message
  }

  /// The last heartbeat that an unresponsive Windows handler names in its message.
  public var lastHeartbeat: Timestamp? {
    guard let message else { return nil }
    let words = Array("last heartbeat:".utf8)
    let bytes = message.utf8
    // ASCII letters differ from their capitals by one bit; the guest agent's own spelling has varied.
    let mark = bytes.indices.first { start in
      bytes[start...].prefix(words.count).elementsEqual(words) { $0 | 0x20 == $1 | 0x20 }
    }
    guard let mark else { return nil }
    let text = message[bytes.index(mark, offsetBy: words.count)...].drop { $0 == " " }
    let end = text.firstIndex { $0.isNewline || $0 == "," || $0 == ";" } ?? text.endIndex
    var stamp = text[..<end]
    while stamp.last == "." || stamp.last == " " { stamp.removeLast() }
    return Timestamp(usHeartbeat: stamp) ?? Timestamp(iso8601: stamp)
  }
}

/// One entry of `instanceView.extensions[]`.
public struct ExtensionStatus: Hashable, Sendable {
  public var name: String
  public var type: String
  public var status: StatusCode?
  public var message: String?

  public init(name: String, type: String, status: StatusCode?, message: String? = nil) {
    self.name = name
    self.type = type
    self.status = status
    self.message = message
  }
}

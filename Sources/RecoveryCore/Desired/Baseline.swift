/// What an item's live machine had while it was well: what must be put back after a failover.
///
/// It is kept by item and not by machine, so that it outlives the machine. Only parts that are well are learned, so a
/// broken machine never overwrites it.
public struct Baseline: Hashable, Sendable, Codable {
  public let item: ItemKey
  /// The machine that it was learned from last.
  public var machine: MachineIdentity
  public var operatingSystem: OperatingSystem?
  public var location: String
  public var zones: [String]
  public var tags: [String: String]
  public var identity: ManagedIdentity
  public var extensions: [DesiredExtension]
  /// Those to data collection rules, and those that another service owns.
  public var associations: [Association]
  /// The data collection endpoint that the machine was associated with, by the location in which it then was: an
  /// endpoint serves machines of its own region only.
  public var endpoints: [String: ResourceID]
  /// Parts that a new live machine has not shown yet: they are owed to it, and no absence makes them forgotten.
  public var owed: Set<String>
  /// Parts that the machine had and has no more, and since when: they are forgotten after a while, for they were taken
  /// away on purpose.
  public var missing: [String: Timestamp]
  /// When its content changed last.
  public var learned: Timestamp
  /// When it was found unchanged last.
  public var confirmed: Timestamp

  /// Nothing is known of the machine yet but which one it is.
  public init(item: ItemKey, machine: Machine, at now: Timestamp) {
    self.item = item
    self.machine = machine.pair
    operatingSystem = machine.operatingSystem
    location = machine.location
    zones = machine.zones
    tags = machine.tags
    identity = .none
    extensions = []
    associations = []
    endpoints = [:]
    owed = []
    missing = [:]
    learned = now
    confirmed = now
  }

  /// How many things it would put back.
  public var parts: Int {
    extensions.count + associations.count + endpoints.count + (identity == .none ? 0 : 1)
  }

  /// Whether the two would put the same back.
  func isSameContent(as other: Baseline) -> Bool {
    identity == other.identity && extensions == other.extensions && associations == other.associations
      && endpoints == other.endpoints && operatingSystem == other.operatingSystem
  }
}

/// The names under which parts of a baseline are known to be owed or missing, and are spoken of.
enum BaselinePart {
  static func of(_ wanted: DesiredExtension) -> String { "extension \(wanted.kind.handlerType.lowercased())" }
  static func of(_ association: Association) -> String { "association \(association.name.lowercased())" }
  static func endpoint(_ location: String) -> String { "endpoint \(location)" }
  static let identity = "identity"
}

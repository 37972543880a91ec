/// Something that lasts and that a person may have to know of: one for a whole failover, not one a machine.
public struct Alert: Hashable, Sendable, Codable {
  public enum Name: String, Sendable, Codable, CaseIterable {
    /// Machines of a vault fail over, and are being healed.
    case failover
    /// Heals outside of any failover were given up.
    case parked
    /// Legs are broken and no failover explains it.
    case unexplained
    /// A vault cannot be read.
    case vault
    /// No heal starts.
    case brake
  }

  public var name: Name
  /// What it is about: a failover's id, a vault's, a brake's name. Name and subject identify an alert while it stands.
  public var subject: String
  public var vault: ResourceID?
  /// `error` needs a person.
  public var level: Event.Level
  /// How many machines are in which condition.
  public var machines: [Condition: Int]
  /// Whom a person would have to look at: at most `mostNames` of them.
  public var names: [String]
  /// Why, in words; the first of several.
  public var cause: String?
  public var remedy: String
  public var since: Timestamp
  public var told: Told?

  /// What was said of it last.
  public struct Told: Hashable, Sendable, Codable {
    public var at: Timestamp
    public var level: Event.Level
    public var machines: [Condition: Int]
    public var names: [String]

    public init(at time: Timestamp, level: Event.Level, machines: [Condition: Int], names: [String]) {
      at = time
      self.level = level
      self.machines = machines
      self.names = names
    }
  }

  public static let mostNames = 20

  public init(
    _ name: Name, of subject: String, in vault: ResourceID? = nil, level: Event.Level, machines: [Condition: Int] = [:],
    names: [String] = [], cause: String? = nil, remedy: String, since: Timestamp
  ) {
    self.name = name
    self.subject = subject
    self.vault = vault
    self.level = level
    self.machines = machines
    self.names = names
    self.cause = cause
    self.remedy = remedy
    self.since = since
  }

  public var id: String { "\(name.rawValue) \(subject)" }
  /// Nothing of it is left but its end to be said.
  public var isOver: Bool { level < .notice }
}

/// When alerts are said, and said again.
public struct AlertPolicy: Hashable, Sendable {
  /// A failover that needs nobody is said when its first machines have had time to gather.
  public var gather: Duration = .seconds(30)
  /// A change of what stands is said at most so often, unless it becomes worse.
  public var groupInterval: Duration = .seconds(5 * 60)
  /// What stands unchanged is said again, when it needs a person.
  public var repeatAfter: Duration = .seconds(4 * 3600)
  /// A vault that cannot be read for so long needs a person.
  public var unreadableFor: Duration = .seconds(15 * 60)

  public init() {}
}

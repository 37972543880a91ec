import Yams

/// What is there when the simulation begins, and what happens when.
public struct Scenario: Sendable, Decodable {
  public var name: String
  public var speed: Double = 1
  public var token = "simulator-token"
  public var rules: [String] = []
  public var vaults: [Vault]
  public var machines: [Group]
  public var timeline: [Action] = []
  public var timings = Timings()

  public struct Vault: Sendable, Decodable {
    public var name: String
    public var subscription: String
    public var resourceGroup: String
    public var pageSize: Int = 100

    enum CodingKeys: String, CodingKey, CaseIterable { case name, subscription, resourceGroup, pageSize }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      name = try values.need(.name)
      subscription = try values.need(.subscription)
      resourceGroup = try values.need(.resourceGroup)
      pageSize = try values.optional(.pageSize) ?? 100
    }

    var id: String {
      "/subscriptions/\(subscription)/resourceGroups/\(resourceGroup)/providers/Microsoft.RecoveryServices/vaults/\(name)"
    }
  }

  /// Machines of one kind: `count` of them, with `##` in the name replaced by a two-digit number.
  public struct Group: Sendable, Decodable {
    public var name: String
    public var count: Int
    public var os: String
    public var vault: String
    public var from: Side
    public var to: Side
    public var tags: [String: String]
    public var systemAssigned: Bool
    public var extensions: [Extension]
    public var associations: [String: String]
    public var options: Options

    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, count, os, vault, from, to, tags, systemAssigned, extensions, associations, options
    }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      name = try values.need(.name)
      count = try values.optional(.count) ?? 1
      os = try values.need(.os)
      vault = try values.need(.vault)
      from = try values.need(.from)
      to = try values.need(.to)
      tags = try values.optional(.tags) ?? [:]
      systemAssigned = try values.optional(.systemAssigned) ?? true
      extensions = try values.optional(.extensions) ?? []
      associations = try values.optional(.associations) ?? [:]
      options = try values.optional(.options) ?? Options()
    }
  }

  public struct Side: Sendable, Decodable {
    public var location: String
    public var resourceGroup: String
    public var subscription: String
    public var zone: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case location, resourceGroup, subscription, zone }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      location = try values.need(.location)
      resourceGroup = try values.need(.resourceGroup)
      subscription = try values.need(.subscription)
      zone = try values.optional(.zone)
    }
  }

  /// `AzureMonitorAgent`, `DependencyAgent`, or a publisher and a type.
  public struct Extension: Sendable, Decodable {
    public var publisher: String
    public var type: String
    public var version: String

    enum CodingKeys: String, CodingKey, CaseIterable { case publisher, type, version }

    public init(from decoder: any Decoder) throws {
      if let short = try? decoder.singleValueContainer().decode(String.self) {
        switch short {
        case "AzureMonitorAgent": (publisher, type, version) = ("Microsoft.Azure.Monitor", "AzureMonitor*Agent", "1.2")
        case "DependencyAgent":
          (publisher, type, version) = ("Microsoft.Azure.Monitoring.DependencyAgent", "DependencyAgent*", "9.10")
        default:
          throw DecodingError.dataCorrupted(
            .init(
              codingPath: decoder.codingPath,
              debugDescription:
                "'\(short)' is neither AzureMonitorAgent nor DependencyAgent; name a publisher and a type"))
        }
        return
      }
      let values = try Strict(decoder, CodingKeys.self)
      publisher = try values.need(.publisher)
      type = try values.need(.type)
      version = try values.optional(.version) ?? "1.0"
    }
  }

  /// What is particular about the machines of a group; times in simulated seconds.
  public struct Options: Sendable, Decodable {
    public var agentLate: Double = 0
    public var failoverSeconds: Double?
    public var failoverFails = false
    public var keepsIdentity = false
    public var linuxHandlers = "missing"
    public var stateDuringFailover = "Protected"
    public var installFailures: [String: Int] = [:]

    enum CodingKeys: String, CodingKey, CaseIterable {
      case agentLate, failoverSeconds, failoverFails, keepsIdentity, linuxHandlers, stateDuringFailover, installFailures
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      agentLate = try values.optional(.agentLate) ?? 0
      failoverSeconds = try values.optional(.failoverSeconds)
      failoverFails = try values.optional(.failoverFails) ?? false
      keepsIdentity = try values.optional(.keepsIdentity) ?? false
      linuxHandlers = try values.optional(.linuxHandlers) ?? "missing"
      stateDuringFailover = try values.optional(.stateDuringFailover) ?? "Protected"
      installFailures = try values.optional(.installFailures) ?? [:]
    }
  }

  /// One thing that happens: `do` is failover, commit, reprotect, testFailover, testFailoverCleanup or changePit.
  public struct Action: Sendable, Decodable {
    public var at: Double
    public var verb: String
    public var items: [String]
    public var vault: String?
    public var plan: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case at, items, vault, plan
      case verb = "do"
    }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      at = try values.optional(.at) ?? 0
      verb = try values.optional(.verb) ?? "failover"
      items = try values.optional(.items) ?? []
      vault = try values.optional(.vault)
      plan = try values.optional(.plan)
    }

    init(verb: String, items: [String], vault: String?, plan: String?) {
      at = 0
      self.verb = verb
      self.items = items
      self.vault = vault
      self.plan = plan
    }
  }

  /// Simulated seconds.
  public struct Timings: Sendable, Decodable {
    public var failover: Double = 145
    public var machineVisibleBefore: Double = 35
    public var boot: Double = 20
    public var agent: Double = 60
    public var operation: Double = 30
    public var handlerSettles: Double = 20
    public var handlerLingers: Double = 60
    public var heartbeat: Double = 15
    public var seeding: Double = 2400

    enum CodingKeys: String, CodingKey, CaseIterable {
      case failover, machineVisibleBefore, boot, agent, operation, handlerSettles, handlerLingers, heartbeat, seeding
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      failover = try values.optional(.failover) ?? failover
      machineVisibleBefore = try values.optional(.machineVisibleBefore) ?? machineVisibleBefore
      boot = try values.optional(.boot) ?? boot
      agent = try values.optional(.agent) ?? agent
      operation = try values.optional(.operation) ?? operation
      handlerSettles = try values.optional(.handlerSettles) ?? handlerSettles
      handlerLingers = try values.optional(.handlerLingers) ?? handlerLingers
      heartbeat = try values.optional(.heartbeat) ?? heartbeat
      seeding = try values.optional(.seeding) ?? seeding
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, speed, token, rules, vaults, machines, timeline, timings
  }

  public init(from decoder: any Decoder) throws {
    let values = try Strict(decoder, CodingKeys.self)
    name = try values.need(.name)
    speed = try values.optional(.speed) ?? 1
    token = try values.optional(.token) ?? "simulator-token"
    rules = try values.optional(.rules) ?? []
    vaults = try values.need(.vaults)
    machines = try values.need(.machines)
    timeline = try values.optional(.timeline) ?? []
    timings = try values.optional(.timings) ?? Timings()
  }

  public init(yaml: String) throws { self = try YAMLDecoder().decode(Scenario.self, from: yaml) }
}

/// A keyed container that refuses keys it does not know.
private struct Strict<Key: CodingKey & CaseIterable & RawRepresentable> where Key.RawValue == String {
  private let values: KeyedDecodingContainer<Key>

  init(_ decoder: any Decoder, _ keys: Key.Type) throws {
    values = try decoder.container(keyedBy: Key.self)
    let known = Set(Key.allCases.map(\.rawValue))
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath + [key],
          debugDescription: "unknown key '\(key.stringValue)'; known are \(known.sorted().joined(separator: ", "))"))
    }
  }

  func need<Value: Decodable>(_ key: Key) throws -> Value { try values.decode(Value.self, forKey: key) }
  func optional<Value: Decodable>(_ key: Key) throws -> Value? { try values.decodeIfPresent(Value.self, forKey: key) }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// What is wrong with a scenario file.
public struct ScenarioError: Error, CustomStringConvertible, Sendable {
  public let message: String
  public init(message: String) { self.message = message }
  public var description: String { message }
}

extension Scenario {
  /// Reads a scenario, and says which key is wrong when one is.
  public init(checking yaml: String, file: String) throws {
    do {
      try self.init(yaml: yaml)
    } catch let error as DecodingError {
      let (context, words): (DecodingError.Context, String) =
        switch error {
        case .keyNotFound(let key, let context): (context, "the key '\(key.stringValue)' is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context): (context, "this has the wrong type")
        case .dataCorrupted(let context): (context, context.debugDescription)
        @unknown default: throw error
        }
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
      throw ScenarioError(message: "\(file): \(path.isEmpty ? "" : path + ": ")\(words)")
    }
    let known = Set(vaults.map(\.name))
    for group in machines where !known.contains(group.vault) {
      throw ScenarioError(message: "\(file): machines.\(group.name): there is no vault '\(group.vault)'")
    }
  }

  /// The ARM ids of the vaults.
  public var vaultIDs: [String] { vaults.map(\.id) }
}

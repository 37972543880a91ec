import Yams

/// What is there when the simulation begins, what happens when, and how it must end.
public struct Scenario: Sendable, Decodable {
  public var name: String
  public var speed: Double
  public var token: String
  /// Ids of the data collection rules that exist.
  public var rules: [String]
  /// Locations of the data collection endpoints that exist, by id.
  public var endpoints: [String: String]
  public var vaults: [Vault]
  public var machines: [Group]
  public var plans: [Plan]
  public var timeline: [Action]
  public var timings: Timings
  public var limits: Limits
  public var quirks: Set<Quirk>
  public var expect: Expectation?

  /// Whether the documented token buckets are kept.
  public enum Limits: String, Sendable, Decodable { case real, none }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, speed, token, rules, endpoints, vaults, machines, plans, timeline, timings, limits, quirks, expect
  }

  public init(from decoder: any Decoder) throws {
    let values = try Strict(decoder, CodingKeys.self)
    name = try values.need(.name)
    speed = try values.optional(.speed) ?? 1
    token = try values.optional(.token) ?? "simulator-token"
    rules = try values.optional(.rules) ?? []
    endpoints = try values.optional(.endpoints) ?? [:]
    vaults = try values.need(.vaults)
    machines = try values.need(.machines)
    plans = try values.optional(.plans) ?? []
    timeline = try values.optional(.timeline) ?? []
    timings = try values.optional(.timings) ?? Timings()
    limits = try values.optional(.limits) ?? .none
    quirks = try values.optional(.quirks, as: QuirkList.self)?.quirks ?? []
    expect = try values.optional(.expect)
  }

  public init(yaml: String) throws { self = try YAMLDecoder().decode(Scenario.self, from: yaml) }
}

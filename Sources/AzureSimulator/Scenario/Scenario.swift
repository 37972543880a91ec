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
  /// Streams for Logs Ingestion, by the immutable id of their rule.
  public var streams: [String: String]
  public var keyVaults: [KeyVault]
  /// What the identity may do; everything when the scenario does not say.
  public var permissions: [Permission]?
  /// Versions of extensions in regions where they are not those that machines of the scenario have.
  public var versions: [Versions]
  /// Seconds by which Azure's clock is ahead of the simulated time.
  public var clockSkew: Double
  /// The host has no managed identity.
  public var hasNoIdentity: Bool
  public var vaults: [Vault]
  public var machines: [Group]
  public var plans: [Plan]
  public var timeline: [Action]
  public var timings: Timings
  public var limits: Limits
  public var quirks: Set<Quirk>
  public var expect: Expectation?

  /// Whether the documented token buckets are kept; those of the resource manager can be so many times as large.
  public enum Limits: Hashable, Sendable, Decodable {
    case none
    case real(times: Double)

    public init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      let (times, word) = (try? value.decode(Double.self), try? value.decode(String.self))
      switch (times, word) {
      case (let times?, _) where times > 0: self = .real(times: times)
      case (_, "none"): self = .none
      case (_, "real"): self = .real(times: 1)
      default:
        let given = word ?? times.map { "\($0)" } ?? "what stands here"
        throw DecodingError.dataCorruptedError(
          in: value, debugDescription: "'\(given)' is not 'none', 'real' or how many times as large they are")
      }
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, speed, token, rules, endpoints, streams, keyVaults, permissions, versions, clockSkew, hasNoIdentity
    case vaults, machines, plans, timeline, timings, limits, quirks, expect
  }

  public init(from decoder: any Decoder) throws {
    let values = try Strict(decoder, CodingKeys.self)
    name = try values.need(.name)
    speed = try values.optional(.speed) ?? 1
    token = try values.optional(.token) ?? "simulator-token"
    rules = try values.optional(.rules) ?? []
    endpoints = try values.optional(.endpoints) ?? [:]
    streams = try values.optional(.streams) ?? [:]
    keyVaults = try values.optional(.keyVaults) ?? []
    permissions = try values.optional(.permissions)
    versions = try values.optional(.versions) ?? []
    clockSkew = try values.optional(.clockSkew) ?? 0
    hasNoIdentity = try values.optional(.hasNoIdentity) ?? false
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

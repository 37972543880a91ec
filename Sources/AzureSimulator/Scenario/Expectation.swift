extension Scenario {
  /// How a scenario must end.
  public struct Expectation: Sendable, Decodable {
    public var machines: [Machine]
    public var never: [Refused]
    /// What a watcher's configuration needs beyond endpoint, token, vaults and periods: YAML.
    public var watch: String
    /// Names of events that must have been told.
    public var says: [String]
    /// Seconds of the host's clock at a speed of 60 after which it has failed.
    public var within: Double

    enum CodingKeys: String, CodingKey, CaseIterable { case machines, never, watch, says, within }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      machines = try values.optional(.machines) ?? []
      never = try values.optional(.never) ?? []
      watch = try values.optional(.watch) ?? ""
      says = try values.optional(.says) ?? []
      within = try values.optional(.within) ?? 60
    }

    /// A machine by its item's name and its role, and what must be true of it.
    public struct Machine: Sendable, Decodable {
      public enum Legs: Sendable {
        /// Everything that the item's machine had before, exactly; not what runs once, nor what others own.
        case before
        /// These extension types and no others.
        case types([String])
      }

      public var item: String
      public var role: String
      public var legs: Legs?
      /// How often an install of a type must have succeeded.
      public var installs: [String: Int]
      /// Where associations lead, when it is not where they led before.
      public var associations: [String: String]
      /// The name that an extension must have, by type, when it is not the one that it had before.
      public var names: [String: String]
      public var untouched: Bool?
      public var exists: Bool?
      /// Whether its data must flow; by default when its legs hold the agent and a rule.
      public var sending: Bool?

      enum CodingKeys: String, CodingKey, CaseIterable {
        case item, role, legs, installs, associations, names, untouched, exists, sending
      }

      public init(from decoder: any Decoder) throws {
        let values = try Strict(decoder, CodingKeys.self)
        item = try values.need(.item)
        role = try values.optional(.role) ?? "live"
        installs = try values.optional(.installs) ?? [:]
        associations = try values.optional(.associations) ?? [:]
        names = try values.optional(.names) ?? [:]
        untouched = try values.optional(.untouched)
        exists = try values.optional(.exists)
        sending = try values.optional(.sending)
        if let types = try? values.optional(.legs, as: [String].self) {
          legs = .types(types)
        } else if let word = try values.optional(.legs, as: String.self) {
          guard word == "before" else {
            throw DecodingError.dataCorrupted(
              .init(codingPath: decoder.codingPath, debugDescription: "legs is 'before' or a list of types"))
          }
          legs = .before
        }
      }
    }

    /// A request that may never have been made: a method and a part of the path; with a status, one so answered.
    public struct Refused: Sendable, Decodable {
      public var method: String
      public var path: String
      public var status: Int?

      enum CodingKeys: String, CodingKey, CaseIterable { case method, path, status }

      public init(from decoder: any Decoder) throws {
        let values = try Strict(decoder, CodingKeys.self)
        method = try values.need(.method)
        path = try values.need(.path)
        status = try values.optional(.status)
      }
    }
  }
}

extension Scenario {
  /// What Site Recovery or a person can do to items.
  public enum Verb: String, Sendable, Decodable, CaseIterable {
    case failover, commit, reprotect, testFailover, testFailoverCleanup, changePit, disableProtection
    case stop, start, removeExtension, unknownState
  }

  /// One thing that happens, to the items it names or else to all of the vault.
  public struct Action: Sendable, Decodable {
    public var at: Double
    public var verb: Verb
    public var items: [String]
    public var vault: String?
    public var plan: String?
    /// The type of the extension that `removeExtension` removes.
    public var `extension`: String?
    /// The protection state that `unknownState` sets.
    public var state: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case at, items, vault, plan, `extension`, state
      case verb = "do"
    }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      at = try values.optional(.at) ?? 0
      let word = try values.optional(.verb, as: String.self) ?? Verb.failover.rawValue
      guard let verb = Verb(rawValue: word) else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription:
              "'\(word)' cannot be done; known are \(Verb.allCases.map(\.rawValue).joined(separator: ", "))"))
      }
      self.verb = verb
      items = try values.optional(.items) ?? []
      vault = try values.optional(.vault)
      plan = try values.optional(.plan)
      `extension` = try values.optional(.extension)
      state = try values.optional(.state)
    }

    init(verb: Verb, items: [String], vault: String?, plan: String?) {
      at = 0
      self.verb = verb
      self.items = items
      self.vault = vault
      self.plan = plan
    }
  }
}

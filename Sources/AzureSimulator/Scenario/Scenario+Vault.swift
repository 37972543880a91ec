extension Scenario {
  public struct Vault: Sendable, Decodable {
    public var name: String
    public var subscription: String
    public var resourceGroup: String
    public var pageSize: Int

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

  /// A recovery plan: its groups boot in order.
  public struct Plan: Sendable, Decodable {
    public var name: String
    public var vault: String
    public var groups: [Group]

    public struct Group: Sendable, Decodable {
      public var items: [String]
      public var startActions: [Action]
      public var endActions: [Action]

      enum CodingKeys: String, CodingKey, CaseIterable { case items, startActions, endActions }

      public init(from decoder: any Decoder) throws {
        let values = try Strict(decoder, CodingKeys.self)
        items = try values.optional(.items) ?? []
        startActions = try values.optional(.startActions) ?? []
        endActions = try values.optional(.endActions) ?? []
      }
    }

    /// A runbook when it names one, else a step by hand.
    public struct Action: Sendable, Decodable {
      public var name: String
      public var runbook: String?
      public var failoverTypes: [String]
      public var failoverDirections: [String]

      enum CodingKeys: String, CodingKey, CaseIterable { case name, runbook, failoverTypes, failoverDirections }

      public init(from decoder: any Decoder) throws {
        let values = try Strict(decoder, CodingKeys.self)
        name = try values.need(.name)
        runbook = try values.optional(.runbook)
        failoverTypes = try values.optional(.failoverTypes) ?? ["UnplannedFailover"]
        failoverDirections = try values.optional(.failoverDirections) ?? ["PrimaryToRecovery"]
      }
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case name, vault, groups }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      name = try values.need(.name)
      vault = try values.need(.vault)
      groups = try values.optional(.groups) ?? []
    }
  }
}

extension Scenario {
  /// A role that is assigned to the identity at a scope: it holds there and below. `/` is above everything.
  public struct Permission: Sendable, Decodable {
    public var scope: String
    public var actions: [String]
    public var notActions: [String]

    enum CodingKeys: String, CodingKey, CaseIterable { case scope, actions, notActions }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      scope = try values.need(.scope)
      actions = try values.need(.actions)
      notActions = try values.optional(.notActions) ?? []
    }
  }

  public struct KeyVault: Sendable, Decodable {
    public var id: String
    public var location: String
    public var enabledForDeployment: Bool

    enum CodingKeys: String, CodingKey, CaseIterable { case id, location, enabledForDeployment }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      id = try values.need(.id)
      location = try values.need(.location)
      enabledForDeployment = try values.optional(.enabledForDeployment) ?? true
    }
  }

  /// The versions that a region has of an extension type; none is told by an empty list, where `withdrawn` is told by 404.
  public struct Versions: Sendable, Decodable {
    public var location: String
    public var type: String
    public var versions: [String]

    enum CodingKeys: String, CodingKey, CaseIterable { case location, type, versions }

    public init(from decoder: any Decoder) throws {
      let values = try Strict(decoder, CodingKeys.self)
      location = try values.need(.location)
      type = try values.need(.type)
      versions = try values.need(.versions)
    }
  }
}

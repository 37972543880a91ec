extension Scenario {
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
    /// Ids of user-assigned identities.
    public var userAssigned: [String]
    public var extensions: [Extension]
    /// Rule ids by association name.
    public var associations: [String: String]
    /// Associations that another Azure service owns.
    public var ownedAssociations: [String: String]
    /// The data collection endpoint of the `configurationAccessEndpoint` association.
    public var endpoint: String?
    /// The name of the protection cluster that the machines are members of.
    public var cluster: String?
    public var options: Options

    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, count, os, vault, from, to, tags, systemAssigned, userAssigned, extensions, associations
      case ownedAssociations, endpoint, cluster, options
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
      userAssigned = try values.optional(.userAssigned) ?? []
      extensions = try values.optional(.extensions) ?? []
      associations = try values.optional(.associations) ?? [:]
      ownedAssociations = try values.optional(.ownedAssociations) ?? [:]
      endpoint = try values.optional(.endpoint)
      cluster = try values.optional(.cluster)
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
}

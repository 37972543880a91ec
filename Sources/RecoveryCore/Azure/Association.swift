/// A data collection rule association of a machine: it names a rule or, under the one name Azure gives to that, an
/// endpoint.
///
/// Source: `{vmId}/providers/Microsoft.Insights/dataCollectionRuleAssociations`, api-version 2023-03-11.
public struct Association: Hashable, Sendable, Codable {
  public var name: String
  public var target: Target
  public var summary: String?
  /// The Azure service that made it and keeps it (`metadata.provisionedBy`): such a one is left alone.
  public var owner: String?

  /// Exactly one of the two, says ARM.
  public enum Target: Hashable, Sendable, Codable {
    case rule(ResourceID)
    case endpoint(ResourceID)
  }

  /// The only name under which an association may name an endpoint.
  public static let endpointName = "configurationAccessEndpoint"

  public init(name: String, target: Target, summary: String? = nil, owner: String? = nil) {
    self.name = name
    self.target = target
    self.summary = summary
    self.owner = owner
  }

  public var isEndpoint: Bool { name.lowercased() == Association.endpointName.lowercased() }

  /// Names are compared without case.
  public func isSame(as other: Association) -> Bool {
    name.lowercased() == other.name.lowercased() && target == other.target
  }

  public var targetID: ResourceID {
    switch target {
    case .rule(let id), .endpoint(let id): id
    }
  }
}

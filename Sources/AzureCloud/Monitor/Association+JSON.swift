import JSONReading
import RecoveryCore

/// Source: Monitor, DataCollectionRuleAssociation, api-version 2023-03-11.
extension Association {
  init?(_ document: JSONDocument) {
    guard let name = document.text("name"), let properties = document["properties"] else { return nil }
    func id(_ name: StaticString) -> ResourceID? { properties.text(name).flatMap { ResourceID($0) } }
    let target =
      id("dataCollectionRuleId").map { Target.rule($0) } ?? id("dataCollectionEndpointId").map { Target.endpoint($0) }
    guard let target else { return nil }
    self.init(
      name: name, target: target, summary: properties.text("description"),
      owner: properties["metadata"]?.text("provisionedBy").flatMap { $0.isEmpty ? nil : $0 })
  }

  var body: JSONValue {
    var properties: [String: JSONValue] = [:]
    switch target {
    case .rule(let id): properties["dataCollectionRuleId"] = .string(id.text)
    case .endpoint(let id): properties["dataCollectionEndpointId"] = .string(id.text)
    }
    properties["description"] = summary.map { .string($0) }
    return .object(["properties": .object(properties)])
  }
}

import JSONReading
import RecoveryCore

/// Source: Site Recovery, RecoveryPlan, api-version 2025-08-01.
extension RecoveryPlan {
  init?(_ document: JSONDocument) {
    guard let properties = document["properties"], let name = document.text("name") else { return nil }
    self.init(name: name, groups: properties["groups"]?.elements.map { Group($0) } ?? [])
  }
}

extension RecoveryPlan.Group {
  fileprivate init(_ document: JSONDocument) {
    let lists: [StaticString] = ["startGroupActions", "endGroupActions"]
    let actions = lists.compactMap { document[$0]?.elements }.joined()
    self.init(
      type: document.text("groupType") ?? "",
      items: document["replicationProtectedItems"]?.elements.compactMap {
        $0.text("id").flatMap { ResourceID($0) }
      } ?? [],
      actions: actions.map { RecoveryPlan.Action($0) })
  }
}

extension RecoveryPlan.Action {
  fileprivate init(_ document: JSONDocument) {
    self.init(
      name: document.text("actionName") ?? "",
      failoverTypes: document["failoverTypes"]?.elements.compactMap(\.text) ?? [],
      failoverDirections: document["failoverDirections"]?.elements.compactMap(\.text) ?? [],
      runbook: document["customDetails"]?.text("runbookId"))
  }
}

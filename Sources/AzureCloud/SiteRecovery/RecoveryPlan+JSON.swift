import JSONReading
import RecoveryCore

/// Source: Site Recovery, RecoveryPlan, api-version 2025-08-01.
extension RecoveryPlan {
  init?(_ document: JSONDocument) {
    guard let properties = document["properties"], let name = document["name"]?.text else { return nil }
    self.init(name: name, groups: properties["groups"]?.elements.map { Group($0) } ?? [])
  }
}

extension RecoveryPlan.Group {
  fileprivate init(_ document: JSONDocument) {
    let actions = ["startGroupActions", "endGroupActions"].flatMap { document[$0]?.elements ?? [] }
    self.init(
      type: document["groupType"]?.text ?? "",
      items: document["replicationProtectedItems"]?.elements.compactMap {
        $0["id"]?.text.flatMap { ResourceID($0) }
      } ?? [],
      actions: actions.map { RecoveryPlan.Action($0) })
  }
}

extension RecoveryPlan.Action {
  fileprivate init(_ document: JSONDocument) {
    self.init(
      name: document["actionName"]?.text ?? "",
      failoverTypes: document["failoverTypes"]?.elements.compactMap(\.text) ?? [],
      failoverDirections: document["failoverDirections"]?.elements.compactMap(\.text) ?? [],
      runbook: document["customDetails"]?["runbookId"]?.text)
  }
}

import Foundation

@testable import AzureSimulator

/// Does by hand what a scenario's file expects, straight after its truth: the proof that its end can be reached.
struct Healer {
  let stage: Stage
  /// What a healer might get wrong.
  var dropsSettings = false
  var dropsIdentity = false
  private var looks: [String: Int] = [:]

  init(stage: Stage, dropsSettings: Bool = false, dropsIdentity: Bool = false) {
    self.stage = stage
    self.dropsSettings = dropsSettings
    self.dropsIdentity = dropsIdentity
  }

  /// Lets time pass, and heals whatever a failover left broken, until the scenario's own time is over.
  mutating func run(until end: Double) async throws {
    var now = 0.0
    while now < end {
      stage.clock.advance(by: 15)
      now += 15
      for machine in try await stage.truth().machines where machine.role == "live" && machine.exists {
        try await look(at: machine)
      }
    }
  }

  private mutating func look(at machine: ScenarioTruth.Machine) async throws {
    let truth = try JSONDecoder().decode(
      Whereabouts.self, from: Data(await stage.ask("GET", "/_simulator/truth").body.utf8))
    guard let expected = expectation(of: machine),
      let place = truth.machines.first(where: { $0.item == machine.item && $0.role == "live" && $0.exists }),
      place.agent == "Ready",
      place.isDue(truth)
    else { return }
    if !dropsIdentity,
      machine.identityType != machine.before.identityType
        || machine.userAssigned.count < machine.before.userAssigned.count
    {
      let ids = machine.before.userAssigned.map { "\"\($0)\": {}" }.joined(separator: ", ")
      _ = await stage.ask(
        "PATCH", "\(place.id)?api-version=1",
        #"{"identity": {"type": "\#(machine.before.identityType)", "userAssignedIdentities": {\#(ids)}}}"#)
      return
    }
    for wanted in machine.before.extensions where isWanted(wanted, expected) {
      let there = machine.extensions.first { $0.type == wanted.type }
      if there?.provisioningState == "Succeeded", there?.handlerCode == "ProvisioningState/succeeded" {
        looks["\(place.id) \(wanted.type)"] = nil
        continue
      }
      if let there {
        // In flight, or just installed: a fresh handler takes a while to report well.
        guard there.provisioningState == "Succeeded" else { return }
        looks["\(place.id) \(wanted.type)", default: 0] += 1
        guard looks["\(place.id) \(wanted.type)", default: 0] > 3 else { return }
        looks["\(place.id) \(wanted.type)"] = nil
      }
      _ = await stage.ask("DELETE", "\(place.id)/extensions/\(there?.name ?? wanted.name)?api-version=1")
      if there != nil { return }
      await install(wanted, on: place, under: there?.name ?? expected.names[wanted.type] ?? wanted.name)
      return
    }
    for association in machine.before.associations where association.owner == nil {
      let target = expected.associations[association.name] ?? association.rule ?? association.endpoint ?? ""
      let key = association.endpoint == nil ? "dataCollectionRuleId" : "dataCollectionEndpointId"
      guard !machine.associations.contains(where: { $0.name == association.name }) else { continue }
      _ = await stage.ask(
        "PUT",
        "\(place.id)/providers/Microsoft.Insights/dataCollectionRuleAssociations/\(association.name)?api-version=1",
        #"{"properties": {"\#(key)": "\#(target)"}}"#)
    }
  }

  private func expectation(of machine: ScenarioTruth.Machine) -> Scenario.Expectation.Machine? {
    stage.azure.scenario.expect?.machines.first {
      $0.item == machine.item && $0.role == "live" && $0.legs != nil && $0.untouched != true
    }
  }

  private func isWanted(_ wanted: ScenarioTruth.Extension, _ expected: Scenario.Expectation.Machine) -> Bool {
    switch expected.legs {
    case .before: wanted.isRestored
    case .types(let types): types.contains(wanted.type)
    case nil: false
    }
  }

  private func install(_ wanted: ScenarioTruth.Extension, on place: Whereabouts.Machine, under name: String) async {
    let settings = dropsSettings ? "{}" : wanted.settings?.text ?? "{}"
    let after = JSON(wanted.provisionAfterExtensions).text
    _ = await stage.ask(
      "PUT", "\(place.id)/extensions/\(name)?api-version=1",
      """
      {"location": "\(place.location)", "properties": {"publisher": "\(wanted.publisher)", "type": "\(wanted.type)",
       "typeHandlerVersion": "\(wanted.version)", "settings": \(settings), "provisionAfterExtensions": \(after),
       "autoUpgradeMinorVersion": \(wanted.autoUpgradeMinorVersion),
       "enableAutomaticUpgrade": \(wanted.enableAutomaticUpgrade),
       "protectedSettingsFromKeyVault": {"secretUrl": "https://kv", "sourceVault": {"id": "kv"}}}}
      """)
  }

  /// Where a machine is, and whether its item has failed over.
  private struct Whereabouts: Decodable {
    struct Machine: Decodable {
      var id: String
      var item: String
      var location: String
      var role: String
      var exists: Bool
      var agent: String
      func isDue(_ truth: Whereabouts) -> Bool {
        truth.items.contains {
          $0.name == item && $0.activeLocation == "Recovery" && !$0.protectionState.contains("Transmogrified")
        }
      }
    }

    struct Item: Decodable {
      var name: String
      var protectionState: String
      var activeLocation: String
    }

    var machines: [Machine]
    var items: [Item]
  }
}

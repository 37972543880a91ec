import AzureSimulator
import FoundationEssentials
import RecoveryCore

/// What must hold when a life is over.
extension Scene {
  /// When it is over: every failed-over machine is well, parked with a reason, or waits for something that is true.
  /// - Parameter journals: of each vault.
  func verdict(on states: ItemStates, in journals: [any Journal]) async throws -> [String] {
    var wrong: [String] = []
    let truth = try JSONDecoder().decode(Truth.self, from: Data(await truth().utf8))
    for machine in truth.machines where machine.exists {
      let state = states.first { !$0.key.isDrill && $0.isListed && $0.name == machine.item }
      var known = Known()
      if let state {
        for journal in journals where known.baseline == nil { known = try await self.known(of: state, in: journal) }
      }
      wrong += judge(machine, truth, state, known)
    }
    for write in truth.writes where write.status < 400 {
      if write.role == "test", decider.policy.testFailover != .heal { wrong.append("a test machine was written to") }
    }
    for state in states where state.key.isDrill { wrong.append("the drill \(state.key) was not forgotten") }
    for journal in journals { wrong += try await judgeOutbox(of: journal) }
    return wrong + toldTwice()
  }

  /// What was learned of an item's machine, and whether that is what it had before it failed over.
  private struct Known {
    var baseline: Baseline?
    var isOfUnseen = false

    func mayMiss(_ type: String) -> Bool {
      isOfUnseen && !(baseline?.extensions.contains { $0.kind.type == type } ?? false)
    }

    var mayMissAssociations: Bool { isOfUnseen && baseline?.associations.isEmpty ?? true }
  }

  /// Where all instances may be away for long, a machine may fail over before anybody has seen it; of such a one only
  /// what was learned since can be asked for.
  private func known(of state: ItemState, in journal: any Journal) async throws -> Known {
    let baseline = try await journal.baseline(of: state.key)
    guard isShared else { return Known(baseline: baseline) }
    let events = try await journal.events(about: state.key.text, last: 1_000_000)
    // Then a person was told.
    return Known(baseline: baseline, isOfUnseen: events.contains { $0.event.kind == .baselineMissing })
  }

  private func judge(_ machine: Truth.Machine, _ truth: Truth, _ state: ItemState?, _ known: Known) -> [String] {
    guard machine.role == "live" else { return [] }
    let who = machine.item
    guard let state else { return ["\(who) is not known"] }
    let item = truth.items.first { $0.name == who }
    guard machine.isRecovered else {
      return machine.writes > 0 ? ["\(who) was written to without a failover"] : []
    }
    if state.live?.id.key != machine.id.lowercased() {
      return ["\(who): the live machine is not known: \(state.reason)"]
    }
    if case .parked = state.heal?.status { return [] }
    // Nothing was ever learned: an alert that lasts.
    if state.reason == .nothingKnown, known.baseline?.extensions.isEmpty ?? true { return [] }
    // What keeps a heal from going on must be so.
    if machine.power != "running" || machine.agent != "Ready" { return [] }
    if item?.scenario != "None" { return [] }
    var wrong: [String] = []
    if state.heal?.status == .running { wrong.append("\(who): its heal never ends: \(state.reason)") }
    for extension_ in machine.before.extensions
    where ![StoryGenerator.secret, StoryGenerator.once].contains(extension_.type) && !known.mayMiss(extension_.type) {
      let now = machine.extensions.first { $0.type == extension_.type }
      if now?.handlerCode != "ProvisioningState/succeeded" {
        wrong.append(
          "\(who): \(extension_.type) is \(now?.handlerCode ?? "not there") and \(state.reason) is all that is said")
      }
    }
    if machine.associations.isEmpty, !known.mayMissAssociations {
      wrong.append("\(who) has no association and \(state.reason) is all that is said")
    }
    return wrong
  }

  /// All of them told.
  private func judgeOutbox(of journal: any Journal) async throws -> [String] {
    var wrong: [String] = []
    let all = try await journal.events(about: nil, last: 1_000_000)
    let waiting = Set(try await journal.undelivered(limit: 1_000_000).map(\.sequence))
    for event in all where told[event.sequence] == nil && !waiting.contains(event.sequence) {
      wrong.append("event \(event.sequence) was never told")
    }
    return wrong
  }

  /// Told once each, unless the process died between telling and noting it.
  func toldTwice() -> [String] {
    told.filter { $0.value.times > 1 && !mayBeTwice.contains($0.key) }
      .map { "event \($0.key) was told \($0.value.times) times" }
  }

  private func truth() async -> String {
    await azure.respond(
      to: SimulatedRequest(method: "GET", target: "/_simulator/truth", origin: FaultyExchange.origin)
    ).body
  }
}

/// The part of the simulator's truth that is judged.
private struct Truth: Decodable {
  struct Extension: Decodable {
    var type: String
    var handlerCode: String?
    var installsSucceeded: Int?
  }
  struct Association: Decodable { var name: String }
  struct Before: Decodable { var extensions: [Extension] }
  struct Machine: Decodable {
    var id: String
    var role: String
    var item: String
    var exists: Bool
    var power: String
    var agent: String
    var extensions: [Extension]
    var associations: [Association]
    var before: Before
    var writes: Int
    var vmId: String
    /// The first machines of a story have ids of their own kind.
    var isRecovered: Bool { vmId.hasPrefix("a5e") }
  }
  struct Item: Decodable {
    var name: String
    var scenario: String
  }
  struct Write: Decodable {
    var method: String
    var path: String
    var role: String
    var item: String?
    var status: Int
  }
  var machines: [Machine]
  var items: [Item]
  var writes: [Write]
}

import AftercareTesting
import AzureCloud
import AzureSimulator
import FoundationEssentials
import RecoveryCore
import WatchEngine

/// What must hold: at each effect, and when the life is over.
extension Simulation {
  /// Before an effect: there is a committed intent for it, and nothing is removed that cannot be rebuilt.
  func check(_ effect: Effect, for key: ItemKey, isOrphan: Bool) async {
    let state = await fleet.state(key)
    if !isOrphan {
      // What goes out must be what the journal says is intended: a start would find it there.
      // A clock that jumped back makes a later heal look earlier: which one it is, its id says.
      let heal = try? await journal.heals(about: key.text, last: 20).first { $0.id == state?.heal?.id }
      let step = heal?.steps.first { $0.state == .intended }
      let intended = step.flatMap { step in heal?.effect(of: step, on: nil) }
      if intended?.isSameWork(as: effect) != true { violate("\(effect) has no committed intent") }
      let live = state?.live?.id
      if live != effect.machine { violate("\(effect) is not for the live machine \(live?.text ?? "none")") }
      if state?.failover == nil { violate("\(effect) without a failover") }
      checkPause(effect, step, await fleet.summary.brakes)
    }
    // Of a large fleet both take long: one look in fifty.
    if soak == nil || random.chance(0.02) {
      await checkBrakes()
      await checkLiveness(effect)
    }
    let name: String? =
      switch effect {
      case .deleteExtension(_, let name): name
      case .putExtension(_, _, let wanted, _): wanted.name
      case .setIdentity, .putAssociation, .deleteAssociation: nil
      }
    if name == StoryGenerator.secret { violate("\(effect) touches what cannot be rebuilt") }
    if name == StoryGenerator.once { violate("\(effect) touches what runs something once") }
  }

  /// While a person has paused the watch, nothing is begun that takes a machine further apart.
  private func checkPause(_ effect: Effect, _ step: Step?, _ brakes: Brakes?) {
    guard let pause = brakes?.pause, let intended = step?.intended, storm.clockJump == 0 else { return }
    if case .deleteExtension = effect, intended > pause.since { violate("\(effect) while paused") }
  }

  /// At most so many heals at once, and one alone where a type has not proved itself.
  private func checkBrakes() async {
    let brakes = decider.policy.brakes
    let running = await fleet.all().compactMap(\.heal).filter { $0.status.isRunning && !$0.isCleanUp }
    if running.count > brakes.inFlight { violate("\(running.count) heals at once, of \(brakes.inFlight) allowed") }
    guard brakes.usesCanaries, storm.clockJump == 0 else { return }
    var trying: [ExtensionKind: Int] = [:]
    for heal in running where ourNow - heal.started < brakes.canaryWithin {
      for step in heal.steps where step.verb == "install" && !step.state.isOver && step.countedFailures == 0 {
        if let kind = step.extensionKind, !proven.contains(kind) { trying[kind, default: 0] += 1 }
      }
    }
    for (kind, count) in trying where count > 1 { violate("\(count) machines try \(kind) at once, and none proved it") }
  }

  /// When it is over: every failed-over machine is well, parked with a reason, or waits for something that is true.
  func verdict() async throws -> [String] {
    var wrong: [String] = []
    let truth = try JSONDecoder().decode(Truth.self, from: Data(await truth().utf8))
    let states = await fleet.all()
    for machine in truth.machines where machine.exists {
      let state = states.first { !$0.key.isDrill && $0.isListed && $0.name == machine.item }
      var baseline: Baseline?
      if let state { baseline = try await journal.baseline(of: state.key) }
      wrong += judge(machine, truth, state, baseline)
    }
    for write in truth.writes where write.status < 400 {
      if write.role == "test", decider.policy.testFailover != .heal { wrong.append("a test machine was written to") }
    }
    for state in states where state.key.isDrill { wrong.append("the drill \(state.key) was not forgotten") }
    return wrong + (try await judgeOutbox())
  }

  private func judge(_ machine: Truth.Machine, _ truth: Truth, _ state: ItemState?, _ baseline: Baseline?) -> [String] {
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
    if state.reason == .nothingKnown, baseline?.extensions.isEmpty ?? true { return [] }
    // What keeps a heal from going on must be so.
    if machine.power != "running" || machine.agent != "Ready" { return [] }
    if item?.scenario != "None" { return [] }
    var wrong: [String] = []
    if state.heal?.status == .running { wrong.append("\(who): its heal never ends: \(state.reason)") }
    for extension_ in machine.before.extensions
    where ![StoryGenerator.secret, StoryGenerator.once].contains(extension_.type) {
      let now = machine.extensions.first { $0.type == extension_.type }
      if now?.handlerCode != "ProvisioningState/succeeded" {
        wrong.append(
          "\(who): \(extension_.type) is \(now?.handlerCode ?? "not there") and \(state.reason) is all that is said")
      }
    }
    if machine.associations.isEmpty {
      wrong.append("\(who) has no association and \(state.reason) is all that is said")
    }
    return wrong
  }

  /// Told once each, unless the process died between telling and noting it; and all of them told.
  private func judgeOutbox() async throws -> [String] {
    var wrong = toldTwice()
    let all = try await journal.events(about: nil, last: 1_000_000)
    let waiting = Set(try await journal.undelivered(limit: 1_000_000).map(\.sequence))
    for event in all where told[event.sequence] == nil && !waiting.contains(event.sequence) {
      wrong.append("event \(event.sequence) was never told")
    }
    return wrong
  }

  func toldTwice() -> [String] {
    told.filter { $0.value.times > 1 && !mayBeTwice.contains($0.key) }
      .map { "event \($0.key) was told \($0.value.times) times" }
  }

  /// A machine stops being the live one without our being asked, and what was under way then is no fault. But what
  /// goes on for longer than two sweeps is.
  private func checkLiveness(_ effect: Effect) async {
    var isLive = false
    var page: String?
    repeat {
      guard let listing = try? await oracle.protectedItems(in: vault, page: page, unless: nil) else { return }
      isLive =
        isLive || listing.items.contains { $0.liveMachineID == effect.machine || $0.testMachineID == effect.machine }
      page = listing.next
    } while page != nil
    guard !isLive else {
      notLiveSince[effect.machine] = nil
      return
    }
    if case .deleteAssociation = effect { return }
    let since = notLiveSince[effect.machine] ?? now
    notLiveSince[effect.machine] = since
    if now - since > 300_000 { violate("\(effect) \((now - since) / 1000) s after the machine stopped being live") }
  }

  private func truth() async -> String {
    await azure.respond(
      to: SimulatedRequest(method: "GET", target: "/_simulator/truth", origin: FaultyExchange.origin)
    ).body
  }
}

extension Heal {
  /// What it has installed in this round.
  var installed: [ExtensionKind] {
    steps.filter { $0.state == .succeeded && $0.verb == "install" }.compactMap(\.extensionKind)
  }
}

extension Effect {
  /// Whether the two are one effect, but for what only the machine as it was read can say.
  fileprivate func isSameWork(as other: Effect) -> Bool {
    switch (self, other) {
    case (.setIdentity(let mine, _), .setIdentity(let theirs, _)): mine == theirs
    default: self == other
    }
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

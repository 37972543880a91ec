import AftercareTesting
import AzureCloud
import AzureSimulator
import FoundationEssentials
import RecoveryCore
import WatchEngine

/// What must hold at each effect.
extension WatchLife {
  /// Before an effect: there is a committed intent for it, and nothing is removed that cannot be rebuilt.
  func check(_ effect: Effect, for key: ItemKey, isOrphan: Bool) async {
    let state = await fleet.state(key)
    if !isOrphan {
      // What goes out must be what the journal says is intended: a start would find it there.
      // A clock that jumped back makes a later heal look earlier: which one it is, its id says.
      let heal = try? await records.heals(about: key.text, last: 20).first { $0.id == state?.heal?.id }
      let step = heal?.steps.first { $0.state == .intended }
      let intended = step.flatMap { step in heal?.effect(of: step, on: nil) }
      if intended?.isSameWork(as: effect) != true { scene.violate("\(effect) has no committed intent") }
      let live = state?.live?.id
      if live != effect.machine { scene.violate("\(effect) is not for the live machine \(live?.text ?? "none")") }
      if state?.failover == nil { scene.violate("\(effect) without a failover") }
      checkPause(effect, step, await fleet.summary.brakes)
    }
    // Of a large fleet both take long: one look in fifty.
    if scene.soak == nil || scene.random.chance(0.02) {
      await checkBrakes()
      await checkLiveness(effect)
    }
    let name: String? =
      switch effect {
      case .deleteExtension(_, let name): name
      case .putExtension(_, _, let wanted, _): wanted.name
      case .setIdentity, .putAssociation, .deleteAssociation: nil
      }
    if name == StoryGenerator.secret { scene.violate("\(effect) touches what cannot be rebuilt") }
    if name == StoryGenerator.once { scene.violate("\(effect) touches what runs something once") }
  }

  /// While a person has paused the watch, nothing is begun that takes a machine further apart.
  private func checkPause(_ effect: Effect, _ step: Step?, _ brakes: Brakes?) {
    guard let pause = brakes?.pause, let intended = step?.intended, scene.storm.clockJump == 0 else { return }
    if case .deleteExtension = effect, intended > pause.since { scene.violate("\(effect) while paused") }
  }

  /// At most so many heals at once, and one alone where a type has not proved itself.
  private func checkBrakes() async {
    let brakes = decider.policy.brakes
    let running = await fleet.all().compactMap(\.heal).filter { $0.status.isRunning && !$0.isCleanUp }
    if running.count > brakes.inFlight {
      scene.violate("\(running.count) heals at once, of \(brakes.inFlight) allowed")
    }
    guard brakes.usesCanaries, scene.storm.clockJump == 0 else { return }
    var trying: [ExtensionKind: Int] = [:]
    for heal in running {
      // Who waits for another one before its first extension tries nothing.
      let touched = heal.steps.filter { $0.extensionKind != nil && $0.attempts > 0 }.compactMap(\.firstIntended).min()
      guard let touched, surroundings.ourNow - touched < brakes.canaryWithin else { continue }
      for step in heal.steps where step.verb == "install" && !step.state.isOver && step.countedFailures == 0 {
        if let kind = step.extensionKind, !(scene.proven[vault]?.contains(kind) ?? false) {
          trying[kind, default: 0] += 1
        }
      }
    }
    for (kind, count) in trying where count > 1 {
      scene.violate("\(count) machines try \(kind) at once, and none proved it")
    }
  }

  /// A machine stops being the live one without our being asked, and what was under way then is no fault. But what
  /// goes on for longer than two sweeps is.
  private func checkLiveness(_ effect: Effect) async {
    var isLive = false
    var page: String?
    repeat {
      guard let listing = try? await scene.oracle.protectedItems(in: vault, page: page, unless: nil) else { return }
      isLive =
        isLive || listing.items.contains { $0.liveMachineID == effect.machine || $0.testMachineID == effect.machine }
      page = listing.next
    } while page != nil
    guard !isLive else {
      scene.notLiveSince[effect.machine] = nil
      return
    }
    if case .deleteAssociation = effect { return }
    let since = scene.notLiveSince[effect.machine] ?? scene.now
    scene.notLiveSince[effect.machine] = since
    if scene.now - since > 300_000 {
      scene.violate("\(effect) \((scene.now - since) / 1000) s after the machine stopped being live")
    }
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

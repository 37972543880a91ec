import AftercareTesting
import RecoveryCore
import Testing

@Suite("A brake")
struct BrakeTests {
  static func policy(_ edit: (inout Policy) -> Void) -> Policy {
    var policy = Policy()
    edit(&policy)
    return policy
  }

  static let canary = FleetSummary.Canary(.azureMonitorWindowsAgent, on: .windows)

  /// The state of another machine whose heal is at its install.
  static func other(_ name: String, at now: Timestamp = Samples.start, _ edit: (inout Heal) -> Void = { _ in })
    -> ItemState
  {
    var story = Story(Samples.item { $0.lifecycleID = name })
    _ = story.failOver(to: Samples.stuckMachine())
    let known = story.state.heal!
    var heal = Heal(
      id: name, item: ItemKey(name), machine: known.machine, location: known.location, system: known.system,
      desired: known.desired, steps: known.steps, started: now)
    edit(&heal)
    var state = story.state
    state.heal = heal
    return state
  }

  /// One that has worked on an extension.
  static func trying(_ name: String, at now: Timestamp, _ edit: (inout Heal) -> Void = { _ in }) -> ItemState {
    other(name, at: now - .seconds(60)) { heal in
      heal.steps[1].attempts = 1
      heal.steps[1].firstIntended = now
      edit(&heal)
    }
  }

  @Test("of a pause holds a heal, says why, and asks nothing of Azure meanwhile")
  func pause() {
    var story = Story()
    story.fleet.brakes.pause = Brakes.Pause(reason: "change freeze", since: story.now)
    guard case .lookAgain = story.failOver(to: Samples.stuckMachine()) else { return #expect(Bool(false)) }
    #expect(story.reason == .heldByPause)
    #expect(story.state.heal == nil)
    let held = story.said(.healHeld)
    #expect(held.count == 1)
    #expect(held.first?.fields["remedy"]?.contains("change freeze") == true)
    #expect(held.first?.fields["steps"]?.contains("install AzureMonitorWindowsAgent") == true)
    // While it is held nothing is read: a machine that cannot be read would say so.
    story.machineFault = Fault(.unreachable, code: "x", message: "x", resource: "vm")
    story.wait(.seconds(20))
    story.look(listing: false)
    #expect(story.reason == .heldByPause)
    #expect(story.said(.healHeld).count == 1)
    story.machineFault = nil
    story.fleet.brakes = Brakes()
    story.wait(.seconds(20))
    #expect(story.look(listing: false) == .perform(step: 1))
    #expect(story.state.held == nil)
  }

  @Test("of a pause lets a machine that was taken apart be put together, and takes nothing further apart")
  func pauseInTheMiddle() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    story.settle(3, .failed(HealTests.guestFailed))
    story.fleet.brakes.pause = Brakes.Pause(reason: "why", since: story.now)
    story.wait(.seconds(60))
    #expect(story.look(listing: false) == .perform(step: 3), "its removal was done")
    story.apply(story.state.heal!.steps[2])
    story.settle(3, .succeeded)
    story.look(listing: false)
    #expect(story.reason == .heldByPause, "the next would be a removal")
    #expect(story.state.heal?.steps[3].state == .pending)
    story.fleet.brakes = Brakes()
    #expect(story.look(listing: false) == .perform(step: 4))
  }

  @Test("waits for approval in mode approve, as an alert, and starts once it is given")
  func approval() {
    var story = Story(policy: Self.policy { $0.mode = .approve })
    _ = story.failOver(to: Samples.stuckMachine())
    #expect(story.reason == .awaitingApproval)
    #expect(story.said(.healHeld).map(\.level) == [.warning])
    (story.state, story.events) = story.decider.approve(story.state, at: story.now)
    #expect(story.said(.healApproved).count == 1)
    #expect(story.look(listing: false) == .perform(step: 1))
  }

  @Test(
    "holds the others before their first extension while a canary tries, and lets them go when it succeeded, failed once, or takes too long"
  )
  func canary() {
    let now = Samples.start
    func hold(_ edit: (inout Heal) -> Void, after span: Duration = .zero) -> Reason? {
      var fleet = FleetSummary()
      fleet.update(ItemKey("other"), Self.trying("other", at: now, edit))
      return fleet.hold(of: ItemKey("mine"), trying: [Self.canary], at: now + span)
    }
    #expect(hold { _ in } == .heldByCanary)
    #expect(hold({ _ in }, after: BrakePolicy().canaryWithin) == nil)
    #expect(hold { $0.steps[2].countedFailures = 1 } == nil)
    #expect(hold { $0.status = .abandoned("gone") } == nil)
    let succeed = { (heal: inout Heal) in
      heal.steps[2].state = .succeeded
      heal.steps[2].ended = now
    }
    #expect(hold(succeed) == nil)
    // What succeeded for one OS proves nothing for another.
    var fleet = FleetSummary()
    fleet.update(ItemKey("other"), Self.trying("other", at: now, succeed))
    fleet.update(ItemKey("third"), Self.trying("third", at: now))
    let linux = FleetSummary.Canary(.azureMonitorLinuxAgent, on: .linux)
    #expect(fleet.hold(of: ItemKey("mine"), trying: [linux], at: now) == nil, "nobody tries it: this one may")
    #expect(fleet.hold(of: ItemKey("mine"), trying: [Self.canary], at: now + .seconds(7 * 3600)) == nil)
  }

  /// Another machine tries what the story's has to install.
  private static func held() -> Story {
    var story = Story()
    story.fleet.update(ItemKey("other"), trying("other", at: story.now))
    _ = story.failOver(to: Samples.stuckMachine())
    return story
  }

  @Test("of a canary lets a heal give its machine the identity, and asks nothing more of Azure until it ends")
  func identityMeanwhile() {
    var story = Self.held()
    #expect(story.state.heal?.steps.first { $0.state == .intended }?.verb == "ensureIdentity")
    story.apply(story.state.heal!.steps[0])
    story.settle(1, .succeeded)
    story.look(listing: false)
    #expect(story.reason == .heldByCanary)
    #expect(story.said(.healWaiting).map(\.level) == [.info])
    story.machineFault = Fault(.unreachable, code: "x", message: "x", resource: "vm")
    story.wait(.seconds(60))
    story.look(listing: false)
    #expect(story.reason == .heldByCanary, "a machine that cannot be read would say so")
    #expect(story.said(.healWaiting).count == 1)
    story.machineFault = nil
    story.fleet.update(ItemKey("other"), nil)
    story.wait(.seconds(60))
    #expect(story.look(listing: false) == .perform(step: 2))
    #expect(story.state.heal?.waitingSince == nil)
  }

  @Test("that comes on while a heal waits for a canary holds it too, for it has taken nothing apart; so does the tag")
  func heldMeanwhile() throws {
    var story = Self.held()
    story.apply(story.state.heal!.steps[0])
    story.settle(1, .succeeded)
    story.look(listing: false)
    story.fleet.update(ItemKey("other"), nil)
    story.wait(.seconds(1200))
    for number in 1...5 {
      let parked = Self.other("p\(number)", at: story.now) {
        $0.status = .parked("no")
        $0.ended = $0.started
      }
      story.fleet.update(parked.key, parked)
    }
    story.fleet.brakes = try #require(story.fleet.due(at: story.now))
    story.look(listing: false)
    #expect(story.reason == .heldByFailures)
    #expect(story.said(.healWaiting).last?.fields["remedy"]?.contains("aftercare resume") == true)
    story.fleet.brakes = Brakes()
    story.machine?.tags["Aftercare"] = "off"
    story.wait(.seconds(60))
    story.look(listing: false)
    #expect(story.reason == .heldByTag)
    #expect(story.said(.healAbandoned).count == 1)
    #expect(story.state.heal?.steps.allSatisfy { $0.extensionKind == nil || $0.attempts == 0 } == true)
  }

  @Test("of the tag is the one that a person's wish does not pass, before the first extension either")
  func tagMeanwhile() {
    var story = Self.held()
    story.state.failover?.cause = .commanded
    story.apply(story.state.heal!.steps[0])
    story.settle(1, .succeeded)
    story.machine?.tags["Aftercare"] = "off"
    story.look(listing: false)
    #expect(story.reason == .heldByTag)
    #expect(story.said(.healAbandoned).count == 1)
  }

  @Test("counts heals in flight")
  func inFlight() {
    var policy = BrakePolicy()
    policy.inFlight = 2
    policy.usesCanaries = false
    var fleet = FleetSummary(policy: policy)
    for name in ["a", "b"] { fleet.update(ItemKey(name), Self.other(name)) }
    #expect(fleet.hold(of: ItemKey("c"), at: Samples.start) == .heldByInFlight)
    #expect(fleet.hold(of: ItemKey("a"), at: Samples.start) == nil, "it does not count itself")
    fleet.update(ItemKey("b"), nil)
    #expect(fleet.hold(of: ItemKey("c"), at: Samples.start) == nil)
  }

  @Test("goes on when most heals end parked, off after its time, and off at once when a person says so")
  func failureRate() throws {
    let now = Samples.start
    var fleet = FleetSummary()
    func end(_ name: String, parked: Bool, at time: Timestamp) {
      fleet.update(
        ItemKey(name),
        Self.other(name, at: time) {
          $0.status = parked ? .parked("no") : .healed
          $0.ended = time
        })
    }
    for number in 1...4 { end("p\(number)", parked: true, at: now) }
    #expect(fleet.due(at: now) == nil, "too few to tell")
    end("p5", parked: true, at: now)
    let tripped = try #require(fleet.due(at: now))
    #expect(tripped.trip?.parked == 5)
    fleet.brakes = tripped
    #expect(fleet.hold(of: ItemKey("x"), at: now + .seconds(60)) == .heldByFailures)
    #expect(fleet.due(at: now + .seconds(60)) == nil)
    let over = try #require(fleet.due(at: now + .seconds(3600)))
    #expect(over.trip == nil)
    fleet.brakes = over
    #expect(fleet.due(at: now + .seconds(3600)) == nil, "what was counted is not counted again")

    fleet.brakes = Brakes()
    for number in 1...5 { end("h\(number)", parked: false, at: now) }
    #expect(fleet.due(at: now) == nil, "half is not more than half")
  }

  @Test("parks a machine that was healed twice within its period, with one alert; a person may still ask for it")
  func flap() {
    var story = Story(policy: Self.policy { $0.brakes.healsUnexplained = true })
    story.machine = Samples.wellMachine()
    story.item = Samples.failedOverItem()
    story.machine?.id = Samples.recovered
    story.look()
    story.state.healedAt = [story.now - .seconds(7200), story.now - .seconds(3600)]
    story.machine = Samples.stuckMachine()
    story.wait(.seconds(1200))
    story.look()
    story.wait(.seconds(1200))
    story.look()
    guard case .parked? = story.state.heal?.status else {
      Issue.record("not parked: \(story.reason)")
      return
    }
    #expect(story.said(.healParked).count == 1)
    story.wait(.seconds(1200))
    story.look()
    #expect(story.said(.healParked).count == 1)
    story.state = story.decider.command(story.state, at: story.now)
    #expect(story.look(listing: false) == .perform(step: 1))
  }

  @Test(
    "leaves breakage alone that no failover explains, unless the configuration wants it healed",
    arguments: [false, true])
  func unexplained(heals: Bool) {
    var story = Story(policy: Self.policy { $0.brakes.healsUnexplained = heals })
    story.machine = Samples.wellMachine()
    story.machine?.id = Samples.source
    story.look()
    story.wait(.seconds(1200))
    story.look()
    #expect(story.reason == .allWell)
    story.machine?.associations = []
    story.wait(.seconds(6 * 3600))
    let action = story.look()
    #expect((action == .perform(step: 1)) == heals)
    #expect(story.said(.legUnexplained).isEmpty == heals)
    if heals { #expect(story.state.heal?.steps.map(\.verb) == ["associate", "verify"]) }
  }

  @Test(
    "of the tag opts out, opts in, and warns of what is neither",
    arguments: [
      ("off", Reason.heldByTag), ("False", .heldByTag), ("disabled", .heldByTag), ("on", .stepRuns),
      ("maybe", .stepRuns),
    ])
  func tag(value: String, reason: Reason) {
    var story = Story()
    var machine = Samples.stuckMachine()
    machine.tags["Aftercare"] = value
    _ = story.failOver(to: machine)
    #expect(story.reason == reason)
    #expect(story.said(.tagUnclear).count == (value == "maybe" ? 1 : 0))
  }

  /// 3 February 2026 was a Tuesday; the stories begin at 10:15 in UTC.
  @Test(
    "of windows holds until one begins",
    arguments: [
      (HealWindow(from: 0, to: 1439), true), (HealWindow(from: 600, to: 660), true),
      (HealWindow(from: 660, to: 600), false), (HealWindow(days: [.mon], from: 600, to: 660), false),
      (HealWindow(days: [.tue], from: 600, to: 660), true), (HealWindow(days: [.mon], from: 1320, to: 620), true),
      (HealWindow(days: [.tue], from: 1320, to: 620), false), (HealWindow(days: [.sun], from: 0, to: 60), false),
    ])
  func windows(window: HealWindow, isOpen: Bool) {
    #expect(window.contains(Samples.start) == isOpen)
    var policy = BrakePolicy()
    policy.windows = [window]
    let reason = FleetSummary(policy: policy).hold(of: ItemKey("x"), at: Samples.start)
    #expect(reason == (isOpen ? nil : .heldByWindow))
  }

  @Test("is asked again when a heal is committed: two machines are never both the canary")
  func admission() {
    var fleet = FleetSummary()
    let (waiting, second) = (Self.other("second"), Self.trying("second", at: Samples.start))
    let first = Self.trying("first", at: Samples.start)
    #expect(fleet.admits(first, after: nil))
    fleet.update(first.key, first)
    #expect(fleet.admits(waiting, after: nil), "it may start")
    #expect(!fleet.admits(second, after: nil) && !fleet.admits(second, after: waiting), "and work on no extension")
    #expect(fleet.admits(second, after: second), "what was intended is not taken back")
    fleet.brakes.pause = Brakes.Pause(reason: "x", since: Samples.start)
    #expect(!fleet.admits(first, after: nil))
    #expect(fleet.admits(first, after: first), "what was intended before the pause is not taken back")
  }
}

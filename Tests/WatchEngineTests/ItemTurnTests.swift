import AftercareTesting
import RecoveryCore
import Testing

@testable import WatchEngine

/// What a heal costs of ARM's budget: every request of it, in order, from the change of the item to the last look.
@Suite("The turns of a heal")
struct ItemTurnTests {
  /// A cloud with one item and one machine. What takes time in Azure is done when its operation is asked for.
  private struct Place {
    var state: ItemState
    var machine = Samples.bareMachine()
    var now = Samples.start
    var asked: [String] = []
    /// Changes that the journal would have to write.
    var written = 0
    /// Whether the guest reports with every look anew, as one that is well does.
    var beats = false
    var fleet = FleetSummary()
    var pending: Effect?
    /// How long operations take.
    var operation: Duration = .zero
    /// How long an extension that was just installed is not heard of yet.
    var silence: Duration = .zero
    /// For how long the daemon is stopped before it reads an answer.
    var pause: Duration = .zero
    private var installed: Timestamp?
    private var begun = Timestamp(milliseconds: 0)
    let decider: Decider
    let settings = EngineSettings(vaults: [Samples.vault])

    init(profile: Profile) {
      let requirements = Requirements(profiles: [profile], catalogue: Samples.catalogue, usesBaselines: false)
      decider = Decider(policy: Policy(), requirements: requirements)
      state = decider.introduce(Samples.item(), key: ItemIndex().key(of: Samples.item()), at: now)
    }

    /// Looks whenever a look is due.
    mutating func live(for span: Duration) {
      let end = now + span
      while now < end { live(turns: 1) }
    }

    /// Looks so many times, or until the machine is healed.
    mutating func live(turns: Int, listing item: ProtectedItem? = nil) {
      var listed = item
      for _ in 0..<turns where state.heal?.status != .healed {
        let turn = ItemTurn(
          state, for: Occasion(listed: listed), fleet: fleet, decider: decider, settings: settings)
        listed = nil
        var known: ItemState? = state
        var answer: ItemTurn.Answer?
        var next: Timestamp?
        loop: while true {
          switch turn.advance(answer, at: now) {
          case .commit(let change):
            if change.isNews(after: known) { written += 1 }
            known = change.item
            answer = .committed
          case .finish(let again):
            next = again
            break loop
          case let request:
            answer = self.answer(request)
            now = now + pause
          }
        }
        state = turn.state
        now = max(now, next ?? now)
      }
    }

    /// Is known as it was, and then listed as failed over.
    mutating func failOver() {
      live(turns: 1, listing: Samples.item())
      live(turns: 1, listing: Samples.failedOverItem())
    }

    private mutating func beat() {
      for index in machine.handlers.indices {
        let month = now.milliseconds / 60_000 % 12 + 1
        machine.handlers[index].message = "Ready. Last heartbeat: \(month)/6/2023 5:50:06 AM"
      }
    }

    private mutating func answer(_ request: ItemTurn.Request) -> ItemTurn.Answer? {
      switch request {
      case .readItem:
        asked.append("item")
        return .item(.success(Samples.failedOverItem()))
      case .readMachine(_, let associations):
        asked.append(associations ? "machine and associations" : "machine")
        if beats { beat() }
        var read = machine
        if !associations { read.associations = nil }
        if let installed, now - installed < silence {
          for index in read.handlers.indices {
            read.handlers[index].status = StatusCode("ProvisioningState/Unresponsive")
            read.handlers[index].message = "Error while parsing heartbeat of Handler."
          }
        }
        return .machine(.found(read))
      case .readAssociations:
        asked.append("associations")
        return .associations(.success(machine.associations ?? []))
      case .begin(let effect):
        switch effect {
        case .putAssociation(_, let association):
          asked.append("associate")
          machine.associations?.append(association)
          return .progress(.success(.done))
        case .setIdentity: asked.append("identity")
        case .putExtension: asked.append("install")
        case .deleteExtension(_, let name):
          asked.append("remove")
          // ARM's 204.
          if !machine.extensions.contains(where: { $0.name == name }) { return .progress(.success(.done)) }
        case .deleteAssociation: asked.append("dissociate")
        }
        pending = effect
        begun = now
        let operation = OperationHandle(
          resource: machine.id, kind: .put, statusURL: OperationURL("https://x/op"), locationURL: nil)
        return .progress(.success(.running(operation, retryAfter: nil)))
      case .poll:
        asked.append("poll")
        if now - begun < operation {
          let handle = OperationHandle(
            resource: machine.id, kind: .put, statusURL: OperationURL("https://x/op"), locationURL: nil)
          return .progress(.success(.running(handle, retryAfter: nil)))
        }
        switch pending {
        case .setIdentity(_, let identity): machine.identity = identity
        case .putExtension(_, _, let wanted, _):
          Samples.install(wanted.kind, on: &machine)
          installed = now
        case .deleteExtension(_, let name):
          machine.extensions.removeAll { $0.name == name }
          machine.handlers = []
        default: break
        }
        machine.agent?.reported = now
        return .progress(.success(.done))
      case .commit, .finish, .readRows, .readBaseline: return nil
      }
    }
  }

  private static let agent = Profile(
    name: "agent", identity: ManagedIdentity(hasSystemAssigned: true, userAssigned: []),
    extensions: [.azureMonitorAgent()], associations: [Association(name: "dcr-web", target: .rule(Samples.rule))])

  /// Two machines that fail over one after the other: what was learned of the first is known to the second.
  private static func inTurn(turns: Int, _ edit: (inout Place) -> Void) -> (first: Place, second: Place) {
    var first = Place(profile: agent)
    edit(&first)
    var second = first
    first.failOver()
    first.live(turns: turns)
    second.fleet.update(ItemKey("first"), first.state)
    second.failOver()
    second.live(turns: turns)
    return (first, second)
  }

  @Test("are ten requests beside polls, for a machine without agent, rule and identity")
  func bare() {
    var place = Place(profile: Self.agent)
    place.failOver()
    #expect(place.asked == ["machine"], "the first of two looks; the list has told of the item")
    place.live(turns: 10)
    #expect(place.state.heal?.status == .healed, "\(place.state.reason)")
    let story = [
      "machine", "item", "machine", "identity", "poll", "machine", "remove", "install", "poll", "associate", "machine",
      "associations",
    ]
    #expect(place.asked == story)
    #expect(story.count { $0 != "poll" } == 10)
  }

  @Test(
    "are no more where a dead handler is there, and a look more where its resource is there too", arguments: [0, 1])
  func stuck(resources: Int) {
    var place = Place(profile: Self.agent)
    place.machine = Samples.stuckMachine()
    if resources > 0 {
      let kind = ExtensionKind.azureMonitorWindowsAgent
      place.machine.extensions = [ExtensionResource(name: kind.type, kind: kind, provisioningState: "Succeeded")]
    }
    place.failOver()
    place.live(turns: 12)
    #expect(place.state.heal?.status == .healed, "\(place.state.reason)")
    #expect(
      place.asked.filter { $0 != "poll" } == [
        "machine", "item", "machine", "identity", "machine", "remove",
      ] + Array(repeating: "machine", count: resources) + ["install", "associate", "machine", "associations"])
  }

  @Test("of a machine that waits for another are as many: it is given its identity meanwhile")
  func held() {
    var place = Place(profile: Self.agent)
    var canary = Place(profile: Self.agent)
    canary.failOver()
    while canary.state.heal?.beganExtensions == nil { canary.live(turns: 1) }
    #expect(canary.state.heal?.status == .running)
    place.fleet.update(ItemKey("canary"), canary.state)
    place.failOver()
    place.live(turns: 5)
    #expect(place.state.reason == .heldByCanary)
    let since = place.now
    place.live(turns: 2)
    #expect(place.now - since == .seconds(120), "the end of the trial wakes it; by itself it looks seldom")
    #expect(place.asked == ["machine", "item", "machine", "identity", "poll"])
    place.fleet = FleetSummary()
    place.live(turns: 12)
    #expect(place.state.heal?.status == .healed, "\(place.state.reason)")
    #expect(place.asked.count { $0 != "poll" } == 10)
  }

  @Test("are ten although the agent is silent at first, once it is known for how long such a one is")
  func knownSilence() throws {
    let (first, second) = Self.inTurn(turns: 20) { $0.silence = .seconds(15) }
    #expect(first.state.heal?.status == .healed)
    #expect(first.asked.suffix(4) == ["associate", "machine", "machine", "associations"])
    #expect(second.state.heal?.status == .healed)
    #expect(second.asked.count { $0 != "poll" } == 10, "\(second.asked)")
    let heal = try #require(second.state.heal)
    let last = try #require(heal.steps.last)
    #expect(second.fleet.usual(last, of: heal) == .seconds(20))
  }

  @Test("begin with the machine again where an install ended a while ago, whatever came in between")
  func interrupted() throws {
    var place = Place(profile: Self.agent)
    place.failOver()
    while place.asked.last != "install" { place.live(turns: 1) }
    place.fleet.brakes.pause = Brakes.Pause(reason: "a person looks at it", since: place.now)
    place.live(for: .seconds(60))
    #expect(place.state.reason == .heldByPause)
    place.asked = []
    place.fleet.brakes.pause = nil
    place.live(turns: 5)
    #expect(place.state.heal?.status == .healed)
    #expect(place.asked == ["machine", "associate", "associations"])
  }

  @Test("poll an operation less often once it is known how long such a one takes")
  func knownSpan() throws {
    let (first, second) = Self.inTurn(turns: 60) { $0.operation = .seconds(60) }
    #expect(first.state.heal?.status == .healed)
    #expect(second.state.heal?.status == .healed)
    let polls = [first, second].map { $0.asked.count { $0 == "poll" } }
    #expect(polls[0] >= 14 && polls[1] == 2, "\(polls)")
    // What takes longer than it was known to is polled like any other.
    let heal = try #require(second.state.heal)
    #expect(second.fleet.usual(heal.steps[0], of: heal).map { $0 >= .seconds(60) && $0 < .seconds(80) } == true)
  }

  @Test("poll a canary's operation at one pace: how late its end is noticed, all others are late")
  func canaryPolls() throws {
    var place = Place(profile: Self.agent)
    place.operation = .seconds(60)
    place.failOver()
    var late: [String: Duration] = [:]
    while place.state.heal?.status != .healed {
      place.live(turns: 1)
      place.fleet.update(place.state.key, place.state)
    }
    let heal = try #require(place.state.heal)
    for step in heal.steps { late[step.verb] = place.fleet.usual(step, of: heal).map { $0 - .seconds(60) } }
    #expect(try #require(late["install"]) <= .seconds(2), "\(late)")
    #expect(try #require(late["ensureIdentity"]) > .seconds(2), "which nobody waits for: \(late)")
  }

  @Test("of a machine that came in place of a well one under its id are made for it, in one round")
  func replaced() {
    var place = Place(profile: Self.agent)
    place.machine = Samples.wellMachine()
    place.live(turns: 1, listing: Samples.failedOverItem())
    place.live(turns: 4)
    #expect(place.state.reason == .allWell, "\(place.state.reason)")
    place.machine = Samples.bareMachine { $0.vmID = "another" }
    place.asked = []
    place.live(turns: 12)
    #expect(place.state.heal?.status == .healed, "\(place.state.reason)")
    #expect(place.state.heal?.round == 1)
    #expect(place.asked.contains("associate"))
  }

  /// docs/performance.md, "When nothing happens".
  @Test("of a well machine are, in a day, a look every quarter of an hour and its associations every six hours")
  func steady() {
    var place = Place(profile: Self.agent)
    place.machine = Samples.wellMachine()
    place.live(turns: 1, listing: Samples.failedOverItem())
    place.live(turns: 3)
    #expect(place.state.reason == .allWell, "\(place.state.reason)")
    place.asked = []
    place.written = 0
    place.beats = true
    let policy = place.decider.policy
    place.live(for: .seconds(86_400))
    let looks = place.asked.count { $0.hasPrefix("machine") }
    let day = 86_400_000.0
    let formula = (day / Double(policy.machine.inMilliseconds), day / Double(policy.baseline.inMilliseconds))
    #expect(abs(Double(looks) - formula.0) <= formula.0 / 20, "\(looks) looks; each is up to a tenth early or late")
    let lists = place.asked.count { $0.contains("associations") }
    #expect(abs(Double(lists) - formula.1) <= 1, "\(lists) lists")
    #expect(place.asked.count == looks, "and nothing else")
    #expect(place.written == 0, "a look that finds a machine well writes nothing")
  }

  @Test("A poll is overdue by when it was asked: a daemon that is stopped before the answer has learned nothing")
  func latePoll() throws {
    var place = Place(profile: Self.agent)
    place.operation = .seconds(4 * 3600)
    place.failOver()
    place.live(turns: 6)
    let step = try #require(place.state.heal?.steps.first { $0.state == .accepted })
    place.pause = place.settings.operationWithin
    place.live(turns: 1)
    #expect(place.asked.last == "poll")
    #expect(place.state.heal?.steps[step.ordinal - 1] == step)
    place.pause = .zero
    place.live(turns: 1)
    #expect(place.state.heal?.steps[step.ordinal - 1].fault?.kind == .operationTimedOut)
  }

  @Test("A look that has got an answer is not idle any more")
  func urgency() {
    var place = Place(profile: Samples.profile)
    place.live(turns: 1, listing: Samples.item())
    let turn = ItemTurn(
      place.state, for: Occasion(), fleet: place.fleet, decider: place.decider, settings: place.settings)
    var request = turn.advance(nil, at: place.now)
    while case .commit = request { request = turn.advance(.committed, at: place.now) }
    guard case .readMachine = request else { return #expect(Bool(false), "\(request)") }
    #expect(turn.urgency == .idle)
    _ = turn.advance(.machine(.found(place.machine)), at: place.now)
    #expect(turn.urgency == .moving)
  }
}

import AftercareTesting
import FoundationEssentials
import RecoveryCore
import Testing

@Suite("A heal")
struct HealTests {
  static let guestFailed = Fault(
    .guestFailed, code: "VMExtensionProvisioningError", message: "exit code 7", resource: "vm")

  @Test("plans the recipe for what is broken, in dependency order")
  func plans() {
    var story = Story()
    #expect(story.failOver(to: Samples.stuckMachine()) == .perform(step: 1))
    #expect(
      story.state.heal?.steps.map(\.title) == [
        "ensure identity SystemAssigned", "remove AzureMonitorWindowsAgent", "install AzureMonitorWindowsAgent",
        "remove DependencyAgentWindows", "install DependencyAgentWindows", "associate dcr-web", "verify",
      ])
  }

  @Test("takes the names of agents from the OS disk")
  func names() {
    var story = Story()
    _ = story.failOver(to: Samples.bareMachine(.linux))
    let titles = story.state.heal?.steps.map(\.title) ?? []
    #expect(titles.contains("install AzureMonitorLinuxAgent"))
    #expect(titles.contains("install DependencyAgentLinux"))
  }

  @Test("goes through its steps and ends healed only when every leg is well")
  func heals() {
    var story = Story()
    var action = story.failOver(to: Samples.stuckMachine())
    var performed: [String] = []
    while case .perform(let ordinal) = action, let step = story.state.heal?.steps[ordinal - 1] {
      performed.append(step.verb)
      story.apply(step)
      story.settle(ordinal, .succeeded)
      action = story.look(listing: false)
    }
    #expect(performed == ["ensureIdentity", "remove", "install", "remove", "install", "associate"])
    #expect(story.state.heal?.status == .running)
    #expect(story.reason == .verifying, "a handler that does not speak yet is not well")
    story.machine = Samples.wellMachine()
    story.wait(.seconds(20))
    story.look(listing: false)
    #expect(story.state.heal?.status == .healed)
    #expect(story.state.failover?.isSettled == true)
  }

  @Test("tolerates a removal that fails, and installs all the same")
  func removalIsTolerated() {
    var story = Story()
    story.reach("remove AzureMonitorWindowsAgent")
    story.settle(2, .failed(Fault(.forbidden, code: "AuthorizationFailed", message: "no", resource: "vm")))
    story.wait(.seconds(60))
    story.look(listing: false)
    story.settle(2, .failed(Fault(.forbidden, code: "AuthorizationFailed", message: "no", resource: "vm")))
    #expect(story.state.heal?.steps[1].state == .tolerated)
    #expect(story.look(listing: false) == .perform(step: 3))
  }

  @Test("climbs the ladder of an install: again with a new tag, removed and installed again, parked")
  func ladder() throws {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    let first = try #require(story.state.heal.map { $0.forceUpdateTag($0.steps[2]) })
    let began = try #require(story.state.heal?.beganExtensions)
    story.settle(3, .failed(Self.guestFailed))
    story.wait(.seconds(700))
    #expect(story.look(listing: false) == .perform(step: 3))
    #expect(story.state.heal.map { $0.forceUpdateTag($0.steps[2]) } != first)
    story.settle(3, .failed(Self.guestFailed))
    story.wait(.seconds(700))
    #expect(story.look(listing: false) == .perform(step: 2), "the second failure removes it first")
    #expect(story.state.heal?.beganExtensions == began, "others are kept by a canary's first try")
    story.settle(2, .succeeded)
    #expect(story.look(listing: false) == .perform(step: 3))
    story.settle(3, .failed(Self.guestFailed))
    story.wait(.seconds(700))
    #expect(story.look(listing: false) == .perform(step: 2))
    story.settle(2, .succeeded)
    story.look(listing: false)
    story.settle(3, .failed(Self.guestFailed))
    #expect(story.state.heal?.steps[2].state == .failed)
  }

  @Test("goes on with what does not depend on a failed install, then parks with the reason, once")
  func parks() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    story.settle(3, .failed(Fault(.invalid, code: "ArtifactNotFound", message: "no such version", resource: "vm")))
    #expect(story.look(listing: false) == .perform(step: 6), "the association needs no agent")
    story.settle(6, .succeeded)
    story.look(listing: false)
    guard case .parked(let why) = story.state.heal?.status else {
      Issue.record("not parked but \(String(describing: story.state.heal?.status))")
      return
    }
    #expect(why.contains("ArtifactNotFound"))
    #expect(story.state.heal?.steps[3].state == .failed, "Dependency Agent is not even removed")
    story.wait(.seconds(3600))
    story.look()
    #expect(story.reason == .parked)
    #expect(story.said(.healParked).count == 1)
  }

  @Test("waits out what passes for as long as Azure asks")
  func throttled() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    story.settle(
      3, .failed(Fault(.throttled, code: "TooManyRequests", message: "", resource: "vm", retryAfter: .seconds(1200))))
    let until = story.now + .seconds(1200)
    #expect(story.look(listing: false) == .perform(step: 6), "the association does not wait for the agent")
    story.settle(6, .succeeded)
    #expect(story.look(listing: false) == .lookAgain(until))
    #expect(story.state.heal?.steps[2].countedFailures == 0)
  }

  @Test("asks Azure after a crash between intent and outcome: an install that arrived is not repeated")
  func installArrived() throws {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    let heal = try #require(story.state.heal)
    story.wait(.seconds(60))
    Samples.install(
      .azureMonitorWindowsAgent, on: &story.machine!, state: "Creating", tag: heal.forceUpdateTag(heal.steps[2]))
    story.look(listing: false)
    #expect(story.reason == .stepUnknown)
    Samples.install(.azureMonitorWindowsAgent, on: &story.machine!, tag: heal.forceUpdateTag(heal.steps[2]))
    story.wait(.seconds(20))
    #expect(story.look(listing: false) == .perform(step: 4))
    #expect(story.state.heal?.steps[2].attempts == 1)
  }

  /// The journal is a copy that was made before the step; what the machine shows came after.
  @Test(
    "repeats neither a removal nor an install that a restored journal knows nothing of",
    arguments: ["remove AzureMonitorWindowsAgent", "install AzureMonitorWindowsAgent"], [false, true])
  func forgotten(step: String, wasIntended: Bool) throws {
    var story = Story()
    story.reach(step)
    if !wasIntended {
      let ordinal = try #require(story.state.heal?.steps.firstIndex { $0.title == step })
      story.state.heal?.steps[ordinal].state = .pending
      story.state.heal?.steps[ordinal].attempts = 0
    }
    var heal = try #require(story.state.heal)
    heal.steps[2].attempts = 1
    let tag = heal.forceUpdateTag(heal.steps[2])
    Samples.install(.azureMonitorWindowsAgent, on: &story.machine!, state: "Creating", tag: tag)
    story.machine?.handlers = []
    story.wait(.seconds(60))
    guard case .lookAgain = story.look(listing: false) else { return #expect(Bool(false), "it is under way") }
    Samples.install(.azureMonitorWindowsAgent, on: &story.machine!, tag: tag)
    // There, and not heard of yet: nothing but its tag tells whose it is.
    story.machine?.handlers = []
    var performed: [Int] = []
    for _ in 0..<3 {
      story.wait(.seconds(60))
      if case .perform(let ordinal) = story.look(listing: false) { performed.append(ordinal) }
    }
    #expect(performed.first == 4, "the next extension: \(performed), \(story.reason)")
    #expect(story.state.heal?.steps[2].attempts == 1)
  }

  @Test("knows the tries of a later round from those of the round before")
  func rounds() throws {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    var heal = try #require(story.state.heal)
    let tag = heal.forceUpdateTag(heal.steps[2])
    Samples.install(.azureMonitorWindowsAgent, on: &story.machine!, tag: tag)
    let resource = try #require(story.machine?.resource(.azureMonitorWindowsAgent))
    heal.steps[2].attempts = 0
    #expect(heal.forgottenTry(of: heal.steps[2], leadingTo: resource) == 1)
    heal.round = 2
    #expect(heal.forgottenTry(of: heal.steps[2], leadingTo: resource) == nil)
    heal.steps[2].attempts = 1
    #expect(heal.forceUpdateTag(heal.steps[2]) != tag)
  }

  @Test("repeats an install of which Azure shows no trace, after giving it time to show")
  func installLost() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    #expect(story.look(listing: false) == .lookAgain(story.now + Policy().settle))
    story.wait(Policy().settle)
    #expect(story.look(listing: false) == .perform(step: 3))
    #expect(story.state.heal?.steps[2].attempts == 2)
  }

  @Test("asks once more when what it saw was asked for too early, however late the answer came")
  func lateAnswer() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    let intended = story.now
    story.wait(Policy().settle - .seconds(5))
    story.readTakes = .seconds(10)
    #expect(story.look(listing: false) == .perform(step: 3))
    #expect(story.now == intended + Policy().settle + .seconds(15), "two reads")
  }

  @Test("gives up on an agent by when Azure was asked, and not by when its answer was read")
  func lateVerdict() {
    var story = Story()
    story.reach("no step")
    #expect(story.reason == .verifying)
    story.readTakes = Policy().verifyWithin
    story.wait(.seconds(60))
    story.look(listing: false)
    #expect(story.reason == .verifying, "what was seen is a minute after the install")
    #expect(story.state.heal?.round == 1)
    story.readTakes = .zero
    story.look(listing: false)
    #expect(story.state.heal?.round == 2)
  }

  @Test("repeats a removal after a crash while the handler that it is for is still there without a resource")
  func unknownRemoval() {
    var story = Story()
    story.reach("remove AzureMonitorWindowsAgent")
    #expect(story.machine?.resource(.azureMonitorWindowsAgent) == nil)
    story.wait(.seconds(60))
    #expect(story.look(listing: false) == .perform(step: 2), "no resource proves nothing: there was none before")
    story.machine?.handlers = []
    story.wait(.seconds(60))
    #expect(story.look(listing: false) == .perform(step: 3))
  }

  @Test("resumes an accepted operation without asking anything else")
  func resumes() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    let operation = OperationHandle(
      resource: Samples.recovered, kind: .put, statusURL: OperationURL("https://x/op?%3a%3A"), locationURL: nil)
    story.settle(3, .accepted(operation))
    story.machineFault = Fault(.unreachable, code: "x", message: "x", resource: "x")
    #expect(story.look(listing: false) == .perform(step: 3))
    #expect(story.reason == .stepResumes)
  }

  @Test(
    "keeps an operation's address byte for byte, whatever it shares with others",
    arguments: [
      "", "https://x/op?%3a%3A", "https://x/op?t=1&c=", "https://x/op?t=1&c=MII%2bR7%2F", "https://x/op?t=1&c=&c=2&s=3",
      "https://x/op?t=1&c=MII%2bR7%2F&s=x%3D&h=y%3d", "https://x/op?t=2&c=MII\u{308}&s=\u{1F600}",
    ])
  func addresses(text: String) throws {
    var certificates = OperationURL.Certificates()
    let plain = OperationURL(text)
    for number in 0..<200 {
      // More certificates than are remembered, and each of them again.
      var other = OperationURL("https://y/op?c=0&c=\(number)&s=1")
      other.share(&certificates)
      for _ in 0..<2 {
        var url = plain
        url.share(&certificates)
        #expect(url == plain && Array(url.text.utf8) == Array(text.utf8))
      }
      #expect(other.text == "https://y/op?c=0&c=\(number)&s=1")
    }
    let body = try JSONEncoder().encode([plain])
    #expect(try JSONDecoder().decode([String].self, from: body) == [text])
    #expect(try JSONDecoder().decode([OperationURL].self, from: body) == [plain])
  }

  @Test("yields to another writer and takes over what he installed")
  func anotherWriter() {
    var story = Story()
    story.reach("remove AzureMonitorWindowsAgent")
    story.settle(2, .succeeded)
    Samples.install(.azureMonitorWindowsAgent, on: &story.machine!, state: "Creating", tag: "policy")
    story.look(listing: false)
    #expect(story.reason == .anotherWriter)
    Samples.install(.azureMonitorWindowsAgent, on: &story.machine!, tag: "policy")
    story.wait(.seconds(20))
    #expect(story.look(listing: false) == .perform(step: 4))
    #expect(story.state.heal?.steps[2].state == .skipped)
  }

  @Test("is abandoned when its machine stops being the live one")
  func abandoned() {
    var story = Story()
    story.reach("install AzureMonitorWindowsAgent")
    story.item = Samples.item { $0.protectionState = ProtectionState("Protected") }
    story.look()
    guard case .abandoned = story.state.heal?.status else {
      Issue.record("still \(String(describing: story.state.heal?.status))")
      return
    }
  }

  @Test("is held in observe mode, on the same path, with its plan said once")
  func observes() {
    var policy = Policy()
    policy.mode = .observe
    var story = Story(policy: policy)
    _ = story.failOver(to: Samples.stuckMachine())
    story.wait(.seconds(3600))
    story.look()
    #expect(story.state.heal == nil)
    #expect(story.said(.healHeld).count == 1)
    #expect(story.said(.healHeld).first?.fields["steps"]?.contains("install AzureMonitorWindowsAgent") == true)
  }

  @Test("needs no profile to say that none is there")
  func noProfile() {
    var story = Story(profiles: [])
    _ = story.failOver(to: Samples.stuckMachine())
    #expect(story.said(.baselineMissing).count == 1)
    #expect(story.reason == .nothingKnown)
    // An identity may outlive a failover; that says nothing of the agents that did not.
    story.machine?.identity = ManagedIdentity(hasSystemAssigned: true, userAssigned: [])
    for _ in 0..<3 {
      story.wait(.seconds(20 * 60))
      story.look()
    }
    #expect(story.reason == .nothingKnown)
    #expect(story.said(.baselineMissing).count == 1)
  }
}

extension Story {
  /// Goes through the steps before the one of that title, and intends it.
  mutating func reach(_ title: String) {
    var action = failOver(to: Samples.stuckMachine())
    while case .perform(let ordinal) = action, let step = state.heal?.steps[ordinal - 1], step.title != title {
      apply(step)
      wait(.seconds(5))
      settle(ordinal, .succeeded)
      action = look(listing: false)
    }
  }

  /// What the step does to the machine; a handler starts out unresponsive, as a real one does.
  mutating func apply(_ step: Step) {
    switch step.work {
    case .ensureIdentity(let identity): machine?.identity = identity
    case .remove(let kind, _):
      machine?.extensions.removeAll { $0.kind == kind }
      machine?.handlers.removeAll { $0.type == kind.handlerType }
    case .install(let wanted):
      machine?.extensions.append(
        ExtensionResource(name: wanted.name, kind: wanted.kind, provisioningState: "Succeeded"))
      machine?.handlers.append(
        ExtensionHandler(
          type: wanted.kind.handlerType, version: "1", status: StatusCode("ProvisioningState/Unresponsive"),
          message: "Error while parsing heartbeat of Handler"))
    case .associate(let association): machine?.associations?.append(association)
    case .dissociate(let name): machine?.associations?.removeAll { $0.name == name }
    case .verify: break
    }
  }
}

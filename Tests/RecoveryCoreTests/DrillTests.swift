import AftercareTesting
import RecoveryCore
import Testing

@Suite("A test failover")
struct DrillTests {
  static let test = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-ukw/providers/Microsoft.Compute/virtualMachines/erp-web-01-test")

  static func testedItem(_ edit: (inout ProtectedItem) -> Void = { _ in }) -> ProtectedItem {
    Samples.item { item in
      item.testFailoverState = "WaitingForCompletion"
      item.testFailoverMachineID = test
      edit(&item)
    }
  }

  static func testMachine() -> Machine {
    var machine = Samples.stuckMachine()
    machine.id = test
    return machine
  }

  /// The part of the engine for the test machine of an item.
  static func story(_ policy: Policy.TestFailover, rule: ResourceID? = nil) -> Story {
    var rules = Policy()
    rules.testFailover = policy
    rules.testFailoverRule = rule
    var story = Story(testedItem(), policy: rules)
    story.state = story.decider.introduce(story.item, key: story.state.key.drill, at: story.now)
    story.machine = testMachine()
    return story
  }

  @Test(
    "is known by its machine's id, or by its name while the test runs",
    arguments: [
      ("WaitingForCompletion", true, true), ("WaitingForCompletion", false, true), ("None", false, false),
      ("MarkedForDeletion", true, false), ("MarkedForDeletion", false, false),
    ])
  func machine(state: String, hasID: Bool, isRunning: Bool) {
    let item = Self.testedItem {
      $0.testFailoverState = state
      if !hasID { $0.testFailoverMachineID = nil }
    }
    #expect(item.testMachineID == (isRunning ? Self.test : nil))
  }

  @Test("is judged and reported, and nothing is changed")
  func reported() throws {
    var story = Self.story(.report)
    #expect(story.look() != .perform(step: 1))
    let judged = try #require(story.said(.testFailoverJudged).first)
    #expect(judged.fields["steps"]?.contains("install AzureMonitorWindowsAgent") == true)
    #expect(judged.itemName == "erp-web-01 (test failover)")
    #expect(story.state.heal == nil)
    for _ in 0..<3 {
      story.wait(.seconds(3600))
      story.look()
    }
    #expect(story.said(.testFailoverJudged).count == 1)
    #expect(story.said(.legUnexplained).isEmpty)
    #expect(story.baseline == nil, "a test machine teaches nothing")
  }

  @Test("is healed with the rule for tests, whose association goes when the test is cleaned up")
  func healed() throws {
    let rule = Samples.id("/subscriptions/1/resourceGroups/r/providers/Microsoft.Insights/dataCollectionRules/dcr-test")
    var story = Self.story(.heal, rule: rule)
    story.look()
    let steps = try #require(story.state.heal?.steps)
    #expect(steps.map(\.title).contains("associate aftercare-test-failover"))
    #expect(!steps.map(\.title).contains("associate dcr-web"))
    // It gets as far as the association, and then the test is cleaned up.
    let made = try #require(steps.first { $0.verb == "associate" })
    for step in steps where step.ordinal < made.ordinal { story.settle(step.ordinal, .succeeded) }
    #expect(story.look() == .perform(step: made.ordinal))
    story.item = Samples.item()
    #expect(story.look() == .perform(step: 1))
    #expect(story.state.heal?.steps.map(\.title) == ["dissociate aftercare-test-failover"])
    story.settle(1, .succeeded)
    #expect(story.look() == .forget)
  }

  @Test("whose association cannot be deleted is given up after a few tries, and said")
  func orphan() throws {
    var story = Self.story(.heal)
    story.look()
    let made = try #require(story.state.heal?.steps.first { $0.verb == "associate" })
    let earlier = story.state.heal?.steps.filter { $0.ordinal < made.ordinal } ?? []
    for step in earlier { story.settle(step.ordinal, .succeeded) }
    story.look()
    story.item = Samples.item()
    for _ in 0..<10 {
      guard case .perform(let step) = story.look() else {
        story.wait(.seconds(3600))
        continue
      }
      story.settle(
        step, .failed(Fault(.forbidden, code: "AuthorizationFailed", message: "no", resource: "r", status: 403)))
    }
    #expect(story.look() == .forget)
    #expect(story.said(.stepTolerated).count == 1)
  }

  @Test("is looked at when it begins and when it ends, and not between")
  func wanted() {
    let story = Self.story(.report)
    let decider = story.decider
    #expect(decider.wantsDrillLook(Self.testedItem(), known: nil))
    #expect(!decider.wantsDrillLook(Self.testedItem(), known: story.state))
    #expect(decider.wantsDrillLook(Samples.item(), known: story.state))
    #expect(!decider.wantsDrillLook(Samples.item(), known: nil))
    let ignoring = Self.story(.ignore).decider
    #expect(!ignoring.wantsDrillLook(Self.testedItem(), known: nil))
  }

  @Test("that is ignored is not even spoken of")
  func ignored() {
    var policy = Policy()
    policy.testFailover = .ignore
    var story = Story(Self.testedItem(), policy: policy)
    story.look()
    #expect(story.said(.testFailoverSeen).isEmpty)
  }
}

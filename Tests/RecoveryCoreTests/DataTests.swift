import AftercareTesting
import RecoveryCore
import Testing

@Suite("The data of a healed machine")
struct DataTests {
  static let heartbeat = DataSource(workspace: "6F0C0000-0000-4000-8000-000000000001", table: "Heartbeat")
  static let perf = DataSource(workspace: "6f0c0000-0000-4000-8000-000000000001", table: "Perf")

  /// A heal whose legs are all well and that only waits for rows.
  static func waiting() -> Story {
    var profile = Samples.profile
    profile.data = [heartbeat, perf]
    var story = Story(profiles: [profile])
    var action = story.failOver(to: Samples.stuckMachine())
    while case .perform(let ordinal) = action, let step = story.state.heal?.steps[ordinal - 1] {
      story.apply(step)
      story.settle(ordinal, .succeeded)
      action = story.look(listing: false)
    }
    story.machine = Samples.wellMachine()
    story.wait(.seconds(20))
    story.look(listing: false)
    return story
  }

  @Test("must arrive in every table before it counts as healed, and tells how long logs were missing")
  func arrives() throws {
    var story = Self.waiting()
    #expect(story.reason == .verifyingData)
    let first = Samples.failedOver + .seconds(12 * 60)
    let span = DataSpan(
      first: first, last: first + .seconds(60), lastBefore: Samples.failedOver - .seconds(3 * 60))
    story.data = .read([Self.heartbeat: span])
    story.wait(.seconds(60))
    story.look(listing: false)
    #expect(story.reason == .verifyingData, "one of two tables is not enough")
    story.data = .read([Self.heartbeat: span, Self.perf: span])
    story.wait(.seconds(60))
    story.look(listing: false)
    #expect(story.state.heal?.status == .healed)
    let healed = try #require(story.said(.healHealed).first)
    #expect(healed.fields["logGap"] == Duration.seconds(15 * 60).brief, "from the last row to the first")
    #expect(healed.fields["reprotect"] == "clearToReprotect")
    #expect(story.state.legs.contains { $0.leg == .data("Perf") && $0.finding == .healthy })
  }

  @Test(
    "that does not come, or cannot be asked for, leaves the machine healed but unverified, never healed",
    arguments: [
      DataReading.read([:]),
      .failed(Fault(.forbidden, code: "InsufficientAccessError", message: "no", resource: "w", status: 403)),
    ])
  func unverified(_ reading: DataReading) throws {
    var story = Self.waiting()
    story.data = reading
    for _ in 0..<20 where story.state.heal?.status == .running {
      story.wait(.seconds(60))
      story.look(listing: false)
    }
    guard case .healedUnverified = story.state.heal?.status else {
      Issue.record("it ended as \(String(describing: story.state.heal?.status))")
      return
    }
    #expect(story.said(.healHealed).isEmpty)
    #expect(story.said(.healUnverified).first?.fields["remedy"] != nil)
  }

  @Test("is asked for again when Azure allows it")
  func throttled() {
    var story = Self.waiting()
    story.data = .failed(
      Fault(.throttled, code: "429", message: "slow", resource: "w", status: 429, retryAfter: .seconds(300)))
    story.wait(.seconds(60))
    #expect(story.look(listing: false) == .lookAgain(story.now + .seconds(300)))
  }

  @Test("A stuck extension stands in the way of re-protect, and the gate names it")
  func gate() {
    var story = Story()
    #expect(story.state.reprotect == .notFailedOver)
    _ = story.failOver(to: Samples.stuckMachine())
    guard case .blocked(let legs) = story.state.reprotect else {
      Issue.record("the gate is \(story.state.reprotect)")
      return
    }
    #expect(legs.map(\.leg) == [.extension(.azureMonitorWindowsAgent)])
    #expect(Self.waiting().state.reprotect == .clear)
  }
}

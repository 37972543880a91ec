import AftercareTesting
import RecoveryCore
import Testing
import WatchEngine

@Suite("Heals that wait for another machine")
struct ReleaseTests {
  /// A heal whose next step is a removal, with a trial of its own or not.
  static func heal(_ name: String, _ edit: (inout ItemState) -> Void = { _ in }) -> ItemState {
    var state = JournalSamples.item(key: ItemKey(name))
    state.heal = JournalSamples.heal(id: name, item: state.key)
    state.heal?.steps = Planner.steps(
      for: Requirements(profiles: [Samples.profile]).desired(for: Samples.stuckMachine()),
      healing: [LegVerdict(.extension(.azureMonitorWindowsAgent), .missing, "gone")])
    edit(&state)
    return state
  }

  static func attempt(_ state: inout ItemState) {
    state.heal?.steps[0].attempts = 1
    state.heal?.steps[0].firstIntended = JournalSamples.start
    state.heal?.steps[0].state = .intended
  }

  @Test(
    "are let go once when its trial has ended, however it did",
    arguments: ["succeeded", "failed once", "abandoned", "forgotten"])
  func released(how: String) async throws {
    let journal = MemoryJournal()
    let fence = try await journal.acquire(holder: "test", telling: [], at: JournalSamples.start)
    let fleet = Fleet(journal: journal, fence: fence, stream: EventStream()) {}
    let canary = Self.heal("canary", Self.attempt)
    #expect(try await fleet.commit(JournalChange(item: canary)))
    #expect(try await fleet.commit(JournalChange(item: Self.heal("waits") { $0.reason = .heldByCanary })))
    #expect(try await fleet.commit(JournalChange(item: Self.heal("works"))))
    #expect(await fleet.released().isEmpty, "the trial goes on")
    var next = canary
    switch how {
    case "succeeded":
      next.heal?.steps[1].state = .succeeded
      next.heal?.steps[1].ended = JournalSamples.start
    case "failed once": next.heal?.steps[1].countedFailures = 1
    case "abandoned": next.heal?.status = .abandoned("gone")
    default: break
    }
    let change = how == "forgotten" ? JournalChange(forgotten: canary.key) : JournalChange(item: next)
    #expect(try await fleet.commit(change))
    #expect(await fleet.released() == [ItemKey("waits")])
    #expect(await fleet.released().isEmpty)
  }
}

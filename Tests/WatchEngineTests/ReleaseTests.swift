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

  @Test("are let go as well where the trial ended while they decided to wait", arguments: [false, true])
  func late(isWritten: Bool) async throws {
    let journal = SlowJournal(MemoryJournal(), of: ItemKey("waits"))
    let fence = try await journal.acquire(holder: "test", telling: [], at: JournalSamples.start)
    let fleet = Fleet(journal: journal, fence: fence, stream: EventStream()) {}
    var canary = Self.heal("canary", Self.attempt)
    #expect(try await fleet.commit(JournalChange(item: canary)))
    canary.heal?.steps[1].state = .succeeded
    canary.heal?.steps[1].ended = JournalSamples.start
    let ended = JournalChange(item: canary)
    let decision = JournalChange(item: Self.heal("waits") { $0.reason = .heldByCanary })
    let seen = await fleet.summary.trialsEnded
    if isWritten {
      #expect(try await fleet.commit(ended))
      #expect(await fleet.released().isEmpty, "nobody waits yet")
      journal.letOn()
      #expect(try await fleet.commit(decision, seeing: seen))
    } else {
      async let waits = fleet.commit(decision, seeing: seen)
      await journal.isReached()
      async let end = fleet.commit(ended)
      while await fleet.released().isEmpty, await fleet.summary.trialsEnded == seen { await Task.yield() }
      #expect(await fleet.released().isEmpty, "nobody is known to wait yet")
      journal.letOn()
      #expect(try await (waits, end) == (true, true))
    }
    #expect(await fleet.released() == [ItemKey("waits")])
    #expect(await fleet.released().isEmpty)
  }
}

/// A journal that takes its time over one item.
private final class SlowJournal: JournalDecorator {
  let base: any Journal
  private let item: ItemKey
  private let reached = AsyncStream.makeStream(of: Void.self)
  private let open = AsyncStream.makeStream(of: Void.self)

  init(_ base: any Journal, of item: ItemKey) {
    self.base = base
    self.item = item
  }

  func isReached() async { for await _ in reached.stream { return } }
  func letOn() { open.continuation.yield() }

  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    if changes.contains(where: { $0.item?.key == item }) {
      reached.continuation.yield()
      for await _ in open.stream { break }
    }
    return try await base.commit(changes, fence: fence)
  }
}

import AftercareTesting
import RecoveryCore
import Synchronization
import Testing
import WatchEngine

@Suite("A change that the journal refused")
struct FleetCommitTests {
  /// A journal whose next commit fails, having taken the change or not: nobody who hears of it can tell.
  private final class UnsureJournal: JournalDecorator {
    enum Fate { case good, refuses, takesAndFails }
    let base: any Journal
    let fate = Mutex(Fate.good)

    init(_ base: any Journal) { self.base = base }

    func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
      let fate = fate.withLock { fate in
        defer { fate = .good }
        return fate
      }
      switch fate {
      case .good: return try await base.commit(changes, fence: fence)
      case .refuses: break
      case .takesAndFails: _ = try await base.commit(changes, fence: fence)
      }
      throw JournalError(.full, "no room")
    }
  }

  /// What the journal holds of a healing item after a change to it failed, and another one followed.
  private static func kept(
    _ fate: UnsureJournal.Fate, losing lost: (inout ItemState) -> Void, following next: (inout ItemState) -> Void
  ) async throws -> (kept: ItemState?, meant: ItemState) {
    let journal = UnsureJournal(MemoryJournal())
    let fence = try await journal.acquire(holder: "test", telling: [], at: JournalSamples.start)
    let fleet = Fleet(journal: journal, fence: fence, stream: EventStream()) {}
    let known = JournalSamples.healingItem()
    #expect(try await fleet.commit(JournalChange(item: known)))
    journal.fate.withLock { $0 = fate }
    var failed = known
    lost(&failed)
    await #expect(throws: JournalError.self) { try await fleet.commit(JournalChange(item: failed)) }
    #expect(await fleet.state(known.key) == known, "what is not on the disk is not known")
    var meant = known
    next(&meant)
    #expect(try await fleet.commit(JournalChange(item: meant)))
    return (try await journal.load().states.first?.state, meant)
  }

  @Test("is followed by all that is known of the item, for nobody knows what the journal has of it")
  func unsettled() async throws {
    for fate in [UnsureJournal.Fate.refuses, .takesAndFails] {
      let heal = try await Self.kept(fate, losing: { $0.heal?.round = 7 }, following: { $0.name = "renamed" })
      #expect(heal.kept == heal.meant, "the heal, which the second change left as it was")
      let rest = try await Self.kept(fate, losing: { $0.name = "lost" }, following: { $0.heal?.round = 2 })
      #expect(rest.kept == rest.meant, "the rest, which the second change left as it was")
    }
  }

  @Test("is followed even by a look that found nothing new")
  func sameAgain() async throws {
    let again = try await Self.kept(.takesAndFails, losing: { $0.heal?.round = 7 }, following: { _ in })
    #expect(again.kept == again.meant)
  }
}

import AftercareTesting
import GRDB
import RecoveryCore
import Synchronization
import Testing

@testable import SQLiteJournal

@Suite("What the SQLite journal keeps")
struct KeepingTests {
  @Test("is the whole of a commit or none of it")
  func wholeOrNothing() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        // Events are written last of all: the second one fails.
        try await journal.store.write { db in
          try db.execute(
            sql: """
              CREATE TRIGGER no_post BEFORE INSERT ON event WHEN (SELECT count(*) FROM event) = 1
              BEGIN SELECT RAISE(ABORT, 'the post is closed'); END
              """)
        }
        let change = JournalChange(
          item: JournalSamples.healingItem(),
          events: [JournalSamples.event(.healStarted), JournalSamples.event(.legWell)])
        let error = await #expect(throws: JournalError.self) {
          _ = try await journal.commit(change, fence: fence)
        }
        #expect(error?.code == .failed)
        #expect(error?.message.contains("the post is closed") == true, "\(String(describing: error))")
        for table in ["item", "machine", "heal", "step", "event"] {
          #expect(try await count(journal, table) == 0, "\(table)")
        }
      }
    }
  }

  @Test(
    "is handed over part by part, each item once and with its heal, however many they are",
    arguments: [0, 1, 512, 1_300, 4_200])
  func parts(count: Int) async throws {
    try await withStateDirectory { directory in
      let items = (0..<count).map { number in
        var item = JournalSamples.item(key: ItemKey("item:\(number)"))
        if number % 100 == 7 { item.heal = JournalSamples.heal(id: "heal-\(number)", item: item.key) }
        return item
      }
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        _ = try await journal.commit(items.map { JournalChange(item: $0) }, fence: fence)
      }
      try await withJournal(in: directory) { journal in
        let handed = Mutex<[(states: [ItemState], expected: Int)]>([])
        _ = try await journal.load { states, expected in
          handed.withLock { $0.append((states.map(\.state), expected)) }
        }
        let parts = handed.withLock { $0 }
        #expect(parts.allSatisfy { $0.expected == count && $0.states.count <= 512 })
        #expect(parts.flatMap(\.states).sorted { $0.key < $1.key } == items.sorted { $0.key < $1.key })
      }
    }
  }

  @Test("is not taken for all when the task is cancelled, or a row is damaged, while most of it is still to be read")
  func cutShort() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        let items = (0..<4_200).map { JournalSamples.item(key: ItemKey("item:\($0)")) }
        _ = try await journal.commit(items.map { JournalChange(item: $0) }, fence: fence)
        let task = Task {
          try await journal.load { _, _ in withUnsafeCurrentTask { unsafe $0?.cancel() } }
        }
        await #expect(throws: JournalError.self) { try await task.value }
        #expect(try await journal.load().items.count == items.count)
      }
      try await tamper(directory, "UPDATE item SET state = replace(state, 'erp', 'pre') WHERE rowid = 600")
      try await withJournal(in: directory) { journal in
        let error = await #expect(throws: JournalError.self) { _ = try await journal.load() }
        #expect(error?.code == .damaged, "\(String(describing: error))")
      }
    }
  }

  @Test("is committed although the task was cancelled: an answer of Azure is written down while stopping")
  func cancelledTask() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        let task = Task {
          while !Task.isCancelled { await Task.yield() }
          return try await journal.commit(JournalChange(events: [JournalSamples.event(.daemonStopped)]), fence: fence)
        }
        task.cancel()
        #expect(try await task.value.count == 1)
      }
    }
  }

  @Test("names the row that cannot be understood, and skips none")
  func damagedRow() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      try await tamper(directory, "UPDATE item SET state = '{\"key\":\"half\"'")
      try await withJournal(in: directory) { journal in
        let error = await #expect(throws: JournalError.self) { _ = try await journal.load() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("table 'item'") == true)
        #expect(error?.message.contains(JournalSamples.key.text) == true)
      }
    }
  }

  @Test("is written once while nothing changes")
  func unchanged() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        let change = JournalChange(item: JournalSamples.healingItem())
        _ = try await journal.commit(change, fence: fence)
        try await journal.store.write { db in
          try db.execute(
            sql: """
              CREATE TRIGGER no_item BEFORE UPDATE ON item BEGIN SELECT RAISE(ABORT, 'written again'); END;
              CREATE TRIGGER no_heal BEFORE UPDATE ON heal BEGIN SELECT RAISE(ABORT, 'written again'); END;
              CREATE TRIGGER no_step BEFORE DELETE ON step BEGIN SELECT RAISE(ABORT, 'written again'); END;
              """)
        }
        _ = try await journal.commit(change, fence: fence)
      }
    }
  }

  @Test("is which machines an item has run on, and which one is live")
  func machines() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        var item = JournalSamples.item()
        // First seen without a vmId, then read, then failed back.
        item.former = []
        item.live = MachineIdentity(id: Samples.source, vmID: nil)
        _ = try await journal.commit(JournalChange(item: item), fence: fence)
        #expect(try await roles(journal) == ["live "])
        item.live = MachineIdentity(id: Samples.source, vmID: "a")
        _ = try await journal.commit(JournalChange(item: item), fence: fence)
        #expect(try await roles(journal) == ["live a"])
        item.former = [MachineIdentity(id: Samples.source, vmID: "a")]
        item.live = MachineIdentity(id: Samples.recovered, vmID: "b")
        _ = try await journal.commit(JournalChange(item: item), fence: fence)
        #expect(try await roles(journal) == ["former a", "live b"])
      }
    }
  }

  @Test("are the steps of a heal, for people to look at")
  func steps() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        try await JournalContract.tellStory(journal)
        let titles = try await journal.store.read { db in
          try String.fetchAll(db, sql: "SELECT title || ' ' || state FROM step ORDER BY ordinal")
        }
        #expect(titles.count == 4)
        #expect(titles.dropFirst().first == "install AzureMonitorWindowsAgent accepted")
      }
    }
  }

  @Test("are the totals of one run's sweeps")
  func sweepTotals() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        try await journal.record(JournalSamples.sweep(), fence: fence)
        try await journal.record(JournalSamples.sweep(), fence: fence)
        let totals = try await journal.sweepTotals()
        #expect(totals.map(\.sweeps) == [2])
        #expect(totals.map(\.requests) == [2 * JournalSamples.sweep().requests])
        _ = try await journal.acquire(holder: "next", at: JournalSamples.start)
        let next = try await journal.sweepTotals()
        #expect(next.map(\.requests) == [0])
        #expect(try await journal.sweeps() == [JournalSamples.sweep()])
      }
    }
  }

  @Test("goes after the retention, but never what still waits or is still in use")
  func pruning() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        var item = JournalSamples.item()
        item.heal = JournalSamples.heal(id: "heal-old")
        _ = try await journal.commit(JournalChange(item: item), fence: fence)
        item.heal = JournalSamples.heal()
        let events = [EventKind.healAbandoned, .healStarted, .stepStarted].map { JournalSamples.event($0) }
        let recorded = try await journal.commit(JournalChange(item: item, events: events), fence: fence)
        try await journal.markDelivered(through: recorded[1].sequence, fence: fence)

        #expect(try await journal.prune(before: JournalSamples.start, fence: fence) == 0)
        #expect(try await journal.prune(before: JournalSamples.start + .seconds(86_400), fence: fence) == 3)
        #expect(try await journal.events(about: nil, last: 10) == Array(recorded.suffix(1)))
        #expect(try await journal.heals(about: nil, last: 10) == [JournalSamples.heal()])
        #expect(try await journal.load().items == [item])
        #expect(try await count(journal, "step") == 4)
        #expect(try await roles(journal).map { $0.prefix(4) } == ["live"])
      }
    }
  }

  private func count(_ journal: JournalDatabase, _ table: String) async throws -> Int? {
    try await journal.store.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") }
  }

  private func roles(_ journal: JournalDatabase) async throws -> [String] {
    try await journal.store.read { db in
      try String.fetchAll(db, sql: "SELECT role || ' ' || vm_id FROM machine ORDER BY vm_id")
    }
  }
}

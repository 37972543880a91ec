import AftercareTesting
import Foundation
import GRDB
import RecoveryCore
import Testing

@testable import SQLiteJournal

/// One after the other: they keep a core busy, beside tests whose clocks run fast.
@Suite("A damaged journal", .serialized)
struct DamageTests {
  /// Bits that are turned over, one at a time, for each run of the suite.
  static let seeds = (0..<3).map { _ in UInt64.random(in: 0...UInt64.max) }
  static let flips = 10

  @Test("is refused by name, or reads back as it was written, with a bit of its file turned over", arguments: seeds)
  func flippedBit(seed: UInt64) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      let whole = try await DamagedJournal.content(directory)
      var random = SeededGenerator(seed: seed)
      for _ in 0..<Self.flips {
        let copy = try DamagedJournal.copy(directory)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let bit = try DamagedJournal.flip(copy + "/journal.sqlite", &random)
        let outcome = await DamagedJournal.outcome(copy)
        #expect(outcome.isHonest(whole), "seed \(seed), bit \(bit): \(outcome)")
      }
    }
  }

  @Test("is refused by name, or reads back as it was written, with a bit of its log turned over", arguments: seeds)
  func flippedLogBit(seed: UInt64) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let last = try await DamagedJournal.fill(journal)
        let whole = try await DamagedJournal.content(DamagedJournal.copy(directory))
        var random = SeededGenerator(seed: seed)
        for _ in 0..<Self.flips {
          let copy = try DamagedJournal.copy(directory)
          defer { try? FileManager.default.removeItem(atPath: copy) }
          let bit = try DamagedJournal.flip(copy + "/journal.sqlite-wal", &random)
          let outcome = await DamagedJournal.outcome(copy)
          // A power cut leaves a last transaction just like this one; see `WriteAheadLog`.
          let isLast = bit / 8 >= last
          #expect(isLast || outcome.isHonest(whole), "seed \(seed), bit \(bit): \(outcome)")
          if isLast {
            let isKnown = outcome.isHonest(whole) || outcome.isShort(of: whole, by: 1)
            #expect(isKnown, "seed \(seed), bit \(bit): \(outcome)")
          }
        }
      }
    }
  }

  @Test("that was cut short is refused by name", arguments: [0, 1, 100, 4096, 5000, 20_000])
  func truncated(bytes: Int) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      // Its log would mend it.
      try FileManager.default.removeItem(atPath: directory + "/journal.sqlite-wal")
      let file = try FileHandle(forWritingTo: URL(filePath: directory + "/journal.sqlite"))
      try file.truncate(atOffset: UInt64(bytes))
      try file.close()
      let outcome = await DamagedJournal.outcome(directory)
      guard case .refused(let error) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(error.code == .damaged)
      #expect(error.message.contains(directory + "/journal.sqlite") && error.message.contains("backup"))
    }
  }

  /// What nobody can know: a log that ends early is the log of a process that died earlier.
  @Test("whose log was cut off is the journal of a while ago, whole to its last commit")
  func truncatedLog() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let last = try await DamagedJournal.fill(journal)
        let whole = try await DamagedJournal.content(DamagedJournal.copy(directory))
        let copy = try DamagedJournal.copy(directory)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let log = try FileHandle(forWritingTo: URL(filePath: copy + "/journal.sqlite-wal"))
        try log.truncate(atOffset: UInt64(last + 100))
        try log.close()
        let outcome = await DamagedJournal.outcome(copy)
        #expect(outcome.isShort(of: whole, by: 1), "\(outcome)")
      }
    }
  }

  @Test("whose index lost an entry is refused: a failover's report would lack an event")
  func index() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      try await tamper(
        directory,
        """
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET sql = replace(sql, 'IS NOT NULL', 'IS NULL') WHERE name = 'event_by_failover';
        """)
      let outcome = await DamagedJournal.outcome(directory)
      guard case .refused(let error) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(error.code == .damaged)
    }
  }

  @Test("whose index has lost what was learned hands nothing out that is found by it, and says so")
  func lostBaseline() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        let machine = Samples.wellMachine()
        let baseline = Baseline(item: ItemKey("item:web"), machine: machine, at: JournalSamples.start)
        _ = try await journal.commit(JournalChange(baseline: baseline), fence: fence)
      }
      // The row stays, and no index leads to it.
      try await tamper(
        directory,
        """
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_sweep_1')
          WHERE name = 'sqlite_autoindex_baseline_1';
        """)
      let journal = try JournalDatabase(directory: directory, access: .readWrite)
      let error = await #expect(throws: JournalError.self) { try await journal.baseline(of: ItemKey("item:web")) }
      #expect(error?.code == .damaged && error?.message.contains("restore") == true, "\(String(describing: error))")
      _ = try await journal.load()
      let ended = await #expect(throws: JournalError.self) { try await journal.inspectWhatDecides() }
      #expect(ended?.code == .damaged)
    }
  }

  @Test("whose story is damaged can be watched with, and says so when it is read whole")
  func story() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      let index = "name = 'event_by_time'"
      let queue = try DatabaseQueue(path: directory + "/journal.sqlite")
      let found = try queue.inDatabase { db in
        try Row.fetchOne(db, sql: "SELECT rootpage, sql FROM sqlite_master WHERE \(index)")
      }
      let row = try #require(found)
      let (root, definition): (Int, String) = (row["rootpage"], row["sql"])
      try queue.close()
      // A row goes while its index is not looked at.
      try await tamper(directory, "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE \(index);")
      try await tamper(directory, "DELETE FROM event WHERE sequence = 3;")
      try await tamper(
        directory,
        """
        PRAGMA writable_schema = ON;
        INSERT INTO sqlite_master VALUES ('index', 'event_by_time', 'event', \(root), '\(definition)');
        """)
      let journal = try JournalDatabase(directory: directory, access: .readWrite)
      #expect(try await journal.load().items.count == DamagedJournal.items)
      let error = await #expect(throws: JournalError.self) { try await journal.inspect() }
      #expect(
        error?.code == .damaged && error?.message.contains("event_by_time") == true, "\(String(describing: error))")
    }
  }

  @Test(
    "whose sink stands elsewhere than it was noted is refused: events would never be told, or told again",
    arguments: [
      "UPDATE sink SET body = replace(body, 'delivered\":15', 'delivered\":30')",
      "UPDATE identity SET body = replace(body, 'journal\":\"', 'journal\":\"0')",
    ])
  func sinkPlace(sql: String) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      try await tamper(directory, sql)
      guard case .refused(let error) = await DamagedJournal.outcome(directory) else {
        Issue.record("it was read")
        return
      }
      #expect(error.code == .damaged)
    }
  }

  @Test("is not begun anew where only the log of one is left")
  func onlyLog() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        try await DamagedJournal.fill(journal)
        let copy = try DamagedJournal.copy(directory)
        try FileManager.default.removeItem(atPath: copy + "/journal.sqlite")
        let log = try Data(contentsOf: URL(filePath: copy + "/journal.sqlite-wal"))
        let error = #expect(throws: JournalError.self) { _ = try JournalDatabase(directory: copy, access: .readWrite) }
        #expect(error?.code == .damaged && error?.message.contains("only its log") == true)
        #expect(try Data(contentsOf: URL(filePath: copy + "/journal.sqlite-wal")) == log)
      }
    }
  }

  @Test("needs no log after the daemon has stopped: the one file is all")
  func cleanStop() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      let copy = try DamagedJournal.copy(directory)
      try FileManager.default.removeItem(atPath: copy + "/journal.sqlite-wal")
      #expect(try await DamagedJournal.content(copy) == DamagedJournal.content(directory))
    }
  }

  @Test("with a list of schema versions that nobody wrote is refused, and not as a newer one")
  func migrations() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { _ in }
      try await tamper(
        directory, "UPDATE grdb_migrations SET identifier = '0002-baselinds' WHERE identifier LIKE '0002%'")
      let outcome = await DamagedJournal.outcome(directory)
      guard case .refused(let error) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(error.code == .damaged)
    }
  }

  @Test("that is full says so, writes nothing, and takes the same change when there is room again")
  func full() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        let pages = try await journal.store.write { db in
          let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
          try db.execute(sql: "PRAGMA max_page_count = \(pages)")
          return pages
        }
        let change = JournalChange(
          item: JournalSamples.healingItem(), events: (0..<200).map { JournalSamples.event(.stepStarted, after: $0) })
        let error = await #expect(throws: JournalError.self) { _ = try await journal.commit(change, fence: fence) }
        #expect(error?.code == .full)
        #expect(error?.message.contains(journal.path) == true && error?.message.contains("Free space") == true)
        #expect(try await journal.events(about: nil, last: 10).isEmpty)
        #expect(try await journal.load().items.isEmpty)
        try await journal.store.write { db in try db.execute(sql: "PRAGMA max_page_count = \(pages + 1000)") }
        #expect(try await journal.commit(change, fence: fence).map(\.sequence) == Array(1...200))
      }
    }
  }
}

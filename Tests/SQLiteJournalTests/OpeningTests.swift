import AftercareTesting
import Foundation
import GRDB
import JournalFormat
import RecoveryCore
import Testing

@testable import SQLiteJournal

@Suite("Opening a journal")
struct OpeningTests {
  static let accesses: [JournalDatabase.Access] = [.readWrite, .readOnly]

  @Test("creates the directory for its owner alone, and the files likewise")
  func permissions() async throws {
    try await withStateDirectory { parent in
      let directory = parent + "/state/of/aftercare"
      try await withJournal(in: directory) { journal in
        _ = try await journal.acquire(holder: "test", at: JournalSamples.start)
        #expect(try mode(of: directory) == 0o700)
        for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "aftercare.lock", "journal.key"] {
          #expect(try mode(of: directory + "/" + name) == 0o600, "\(name)")
        }
      }
    }
  }

  @Test("refuses a directory that others may enter, and says how to close it", arguments: [0o755, 0o710, 0o701])
  func openDirectory(mode: Int) async throws {
    try await withStateDirectory { directory in
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
      let error = refusal(of: directory, .readWrite)
      #expect(error?.code == .cannotOpen)
      #expect(error?.message.contains("chmod 700 '\(directory)'") == true, "\(String(describing: error))")
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  @Test("refuses a directory of somebody else, and says whose it is", .enabled(if: geteuid() == 0, "needs root"))
  func foreignDirectory() async throws {
    try await withStateDirectory { directory in
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700, .ownerAccountID: 12_345])
      let error = refusal(of: directory, .readWrite)
      #expect(error?.code == .cannotOpen)
      #expect(error?.message.contains("user 12345") == true, "\(String(describing: error))")
    }
  }

  @Test("makes each commit wait for the disk")
  func synchronous() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        let level = try await journal.store.write { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
        #expect(level == 2, "FULL")
        let journalMode = try await journal.store.read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") }
        #expect(journalMode == "wal")
        let foreignKeys = try await journal.store.write { db in try Int.fetchOne(db, sql: "PRAGMA foreign_keys") }
        #expect(foreignKeys == 1)
      }
    }
  }

  @Test("is refused to a second writer, by name, until the first one has gone")
  func secondWriter() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { _ in
        let error = refusal(of: directory, .readWrite)
        #expect(error?.code == .locked)
        let process = "another aftercare (process \(ProcessInfo.processInfo.processIdentifier))"
        #expect(error?.message.contains(process) == true, "\(String(describing: error))")
        #expect(error?.message.contains(directory) == true)
      }
      try await withJournal(in: directory) { _ in }
    }
  }

  @Test(
    "of a version with an outbox goes on telling where that left off",
    arguments: [([1, 2], [3]), ([], [1, 2, 3]), ([1, 2, 3], [])] as [([Int64], [Int64])])
  func outbox(delivered: [Int64], waiting: [Int64]) async throws {
    try await withStateDirectory { directory in
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let old = try DatabaseQueue(path: directory + "/journal.sqlite")
      try JournalSchema.migrator.migrate(old, upTo: "0004-alerts-failovers")
      try await old.write { db in
        for number in Int64(1)...3 {
          let event = JournalSamples.event(.stepStarted, after: number)
          try db.execute(
            sql: "INSERT INTO event (sequence, at, kind, level, body) VALUES (?, ?, ?, 'info', ?)",
            arguments: [number, event.at.milliseconds, event.kind.rawValue, try JournalJSON.encode(event)])
          try db.execute(
            sql: "INSERT INTO outbox (event_sequence, sink, dedup_key, delivered_at) VALUES (?, 'log', ?, ?)",
            arguments: [number, "event-\(number)", delivered.contains(number) ? 1 : nil])
        }
      }
      try old.close()
      try await withJournal(in: directory) { journal in
        _ = try await journal.acquire(holder: "test", telling: ["log", "webhook"], at: JournalSamples.start)
        #expect(try await journal.undelivered(to: "log", limit: 10).map(\.sequence) == waiting)
        #expect(try await journal.backlog() == ["log": waiting.count, "webhook": 0])
        #expect(try await journal.events(about: nil, last: 10).count == 3)
      }
    }
  }

  @Test("has a name of its own, which it keeps")
  func identity() async throws {
    var names: [String] = []
    for _ in 1...2 {
      try await withStateDirectory { directory in
        try await withJournal(in: directory) { journal in names.append(try await journal.identity()) }
        try await withJournal(in: directory) { journal in
          let again = try await journal.identity()
          #expect(again == names.last)
        }
      }
    }
    #expect(Set(names).count == 2)
    #expect(names.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test("for reading works while another one writes, and sees each commit")
  func readWhileWriting() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { writer in
        let fence = try await writer.acquire(holder: "writer", at: JournalSamples.start)
        _ = try await writer.commit(JournalChange(events: [JournalSamples.event(.daemonStarted)]), fence: fence)
        try await withJournal(in: directory, access: .readOnly) { reader in
          #expect(try await reader.events(about: nil, last: 10).count == 1)
          _ = try await writer.commit(JournalChange(item: JournalSamples.healingItem()), fence: fence)
          #expect(try await reader.load().items == [JournalSamples.readItem()])
          let error = await #expect(throws: JournalError.self) {
            try await reader.markDelivered(through: 1, fence: fence)
          }
          #expect(error?.code == .readOnly)
        }
      }
    }
  }

  @Test("for reading works after the writer has gone")
  func readAfterwards() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      try await withJournal(in: directory, access: .readOnly) { reader in
        let items = try await reader.load().items
        #expect(items == [JournalSamples.readItem()])
      }
    }
  }

  @Test("for reading says what is missing when there is none")
  func missing() async throws {
    try await withStateDirectory { directory in
      let error = refusal(of: directory, .readOnly)
      #expect(error?.code == .cannotOpen)
      #expect(
        error?.message
          == "no journal at \(directory)/journal.sqlite: has `aftercare run` been started with this configuration?")
      #expect(!FileManager.default.fileExists(atPath: directory), "a reader creates nothing")
    }
  }

  @Test("calls a file of garbage damaged and says what to do", arguments: OpeningTests.accesses)
  func garbage(access: JournalDatabase.Access) async throws {
    try await withStateDirectory { directory in
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let path = directory + "/journal.sqlite"
      try Data(String(repeating: "this is not a database\n", count: 1000).utf8).write(to: URL(filePath: path))
      let error = refusal(of: directory, access)
      #expect(error?.code == .damaged)
      #expect(error?.message.contains(path) == true)
      #expect(error?.message.contains("backup") == true)
    }
  }

  @Test("refuses a file that a newer version wrote", arguments: OpeningTests.accesses)
  func tooNew(access: JournalDatabase.Access) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { _ in }
      try await tamper(directory, "INSERT INTO grdb_migrations (identifier) VALUES ('9999-from-the-future')")
      let error = refusal(of: directory, access)
      #expect(error?.code == .tooNew)
      #expect(error?.message.contains("newer aftercare") == true)
    }
  }

  @Test("names a state directory that is a file")
  func notADirectory() async throws {
    try await withStateDirectory { directory in
      try Data("a file".utf8).write(to: URL(filePath: directory))
      let error = refusal(of: directory, .readWrite)
      #expect(error?.code == .cannotOpen)
      #expect(error?.message.contains("not a directory") == true, "\(String(describing: error))")
    }
  }

  /// The error of an opening that must fail.
  private func refusal(of directory: String, _ access: JournalDatabase.Access) -> JournalError? {
    let error = #expect(throws: JournalError.self) {
      _ = try JournalDatabase(directory: directory, access: access)
    }
    return error
  }
}

/// Changes the file behind the journal's back.
func tamper(_ directory: String, _ sql: String) async throws {
  let database = try DatabaseQueue(path: directory + "/journal.sqlite")
  try await database.write { db in try db.execute(sql: sql) }
  try database.close()
}

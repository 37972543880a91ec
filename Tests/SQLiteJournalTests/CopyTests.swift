import AftercareTesting
import Foundation
import GRDB
import RecoveryCore
import Testing

@testable import SQLiteJournal

@Suite("A backup of the journal", .serialized)
struct CopyTests {
  static let later = JournalSamples.start + .seconds(3600)

  @Test("is made while the daemon writes, for its owner alone, and is restored as it was")
  func thereAndBack() async throws {
    try await withStateDirectory { directory in
      let file = directory + "/backup.sqlite"
      try await withJournal(in: directory) { journal in
        try await DamagedJournal.fill(journal)
        let summary = try JournalDatabase.backUp(directory: directory, to: file, overwriting: false)
        #expect(summary == JournalSummary(items: 6, events: 31, newest: JournalSamples.start + .seconds(29)))
        #expect(try mode(of: file) == 0o600)
        let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
        _ = try await journal.commit(JournalChange(events: [JournalSamples.event(.healParked)]), fence: fence)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(!names.contains { $0.contains("partial") }, "\(names)")
      let other = directory + "/other"
      try JournalDatabase.restore(directory: other, from: file, overwriting: false, at: Self.later)
      let content = try await DamagedJournal.content(other)
      #expect(content.events.count == 31)
      #expect(content.events == (try await DamagedJournal.content(directory)).events.dropLast())
      #expect(content.items.count == 6 && content.undelivered.count == 16 && content.orders.count == 1)
      #expect(try mode(of: other + "/journal.sqlite") == 0o600)
    }
  }

  @Test("replaces a journal only when told to, keeps it, fences its writers, and its numbers go on")
  func replaced() async throws {
    try await withStateDirectory { directory in
      let file = directory + "/backup.sqlite"
      var stale = Fence(token: 0)
      try await withJournal(in: directory) { journal in
        try await JournalContract.tellStory(journal)
        try JournalDatabase.backUp(directory: directory, to: file, overwriting: false)
        stale = try await journal.acquire(holder: "test", at: JournalSamples.start)
        _ = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: stale)
      }
      let refused = #expect(throws: JournalError.self) {
        try JournalDatabase.restore(directory: directory, from: file, overwriting: false, at: Self.later)
      }
      #expect(refused?.message.contains("--force") == true)
      let restored = try JournalDatabase.restore(directory: directory, from: file, overwriting: true, at: Self.later)
      let aside = try #require(restored.replaced)
      #expect(aside.contains("journal.sqlite.replaced-") && !aside.contains(":"))
      #expect(!FileManager.default.fileExists(atPath: directory + "/journal.sqlite-wal"))
      let kept = try await DatabaseQueue(path: aside).read { db in
        try Int64.fetchAll(db, sql: "SELECT count(*) FROM event UNION ALL SELECT token FROM fence")
      }
      #expect(kept.first == 3)
      #expect((kept.last ?? 0) > stale.token, "who still had the replaced file open is fenced")
      try await withJournal(in: directory) { journal in
        #expect(try await journal.events(about: nil, last: 10).count == 2)
        await #expect(throws: JournalError.self) { _ = try await journal.commit(JournalChange(), fence: stale) }
        let fence = try await journal.acquire(holder: "next", at: Self.later)
        #expect(fence.token > stale.token)
        let next = try await journal.commit(JournalChange(events: [JournalSamples.event(.daemonStarted)]), fence: fence)
        #expect(next.map(\.sequence) == [4], "number 3 was told already")
      }
    }
  }

  @Test("is not written over another file without being told to")
  func overwriting() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      let file = directory + "/backup.sqlite"
      try Data("precious".utf8).write(to: URL(filePath: file))
      let error = #expect(throws: JournalError.self) {
        try JournalDatabase.backUp(directory: directory, to: file, overwriting: false)
      }
      #expect(error?.message.contains(file) == true && error?.message.contains("--force") == true)
      #expect(try Data(contentsOf: URL(filePath: file)) == Data("precious".utf8))
      try JournalDatabase.backUp(directory: directory, to: file, overwriting: true)
      #expect(try mode(of: file) == 0o600)
    }
  }

  @Test("is not restored under a running daemon, by name")
  func running() async throws {
    try await withStateDirectory { directory in
      let file = directory + "/backup.sqlite"
      try await withJournal(in: directory) { journal in
        try await JournalContract.tellStory(journal)
        try JournalDatabase.backUp(directory: directory, to: file, overwriting: false)
        let error = #expect(throws: JournalError.self) {
          try JournalDatabase.restore(directory: directory, from: file, overwriting: true, at: Self.later)
        }
        #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        #expect(try await journal.events(about: nil, last: 10).count == 2)
      }
    }
  }

  @Test("that is damaged is refused by name, and the journal stays", arguments: 0..<3)
  func damaged(round: Int) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await DamagedJournal.fill(journal) }
      let file = directory + "/backup.sqlite"
      try JournalDatabase.backUp(directory: directory, to: file, overwriting: false)
      let whole = try await DamagedJournal.content(directory)
      // A letter of an event, which SQLite itself does not miss.
      let bytes = try Data(contentsOf: URL(filePath: file))
      let text = Data(#""step":"install AzureMonitorWindowsAgent"#.utf8)
      var place = bytes.startIndex
      for _ in 0...round { place = try #require(bytes[place...].firstRange(of: text)).upperBound }
      var wrong = bytes
      wrong[place - 1] ^= 1
      try wrong.write(to: URL(filePath: file))
      let error = #expect(throws: JournalError.self) {
        try JournalDatabase.restore(directory: directory, from: file, overwriting: true, at: Self.later)
      }
      #expect(error?.code == .damaged && error?.message.contains(file) == true, "\(String(describing: error))")
      #expect(try await DamagedJournal.content(directory) == whole)
    }
  }

  @Test("takes the place of a journal that cannot be read any more")
  func rescue() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      let file = directory + "/backup.sqlite"
      try JournalDatabase.backUp(directory: directory, to: file, overwriting: false)
      let garbage = Data(String(repeating: "this is not a database\n", count: 1000).utf8)
      try garbage.write(to: URL(filePath: directory + "/journal.sqlite"))
      try FileManager.default.removeItem(atPath: directory + "/journal.sqlite-wal")
      let restored = try JournalDatabase.restore(directory: directory, from: file, overwriting: true, at: Self.later)
      #expect(try Data(contentsOf: URL(filePath: restored.replaced ?? "")) == garbage)
      try await withJournal(in: directory) { journal in try await JournalContract.checkStory(journal) }
    }
  }

  @Test("that is not there, or was never one, is refused by name")
  func nothing() async throws {
    try await withStateDirectory { directory in
      let file = directory + "/backup.sqlite"
      let missing = #expect(throws: JournalError.self) {
        try JournalDatabase.restore(directory: directory, from: file, overwriting: false, at: Self.later)
      }
      #expect(missing?.message.contains(file) == true)
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try Data("dear diary".utf8).write(to: URL(filePath: file))
      let other = #expect(throws: JournalError.self) {
        try JournalDatabase.restore(directory: directory, from: file, overwriting: false, at: Self.later)
      }
      #expect(other?.code == .damaged && other?.message.contains(file) == true, "\(String(describing: other))")
      #expect(!FileManager.default.fileExists(atPath: directory + "/journal.sqlite"))
    }
  }
}

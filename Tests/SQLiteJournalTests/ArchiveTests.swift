import AftercareTesting
import Foundation
import GRDB
import JournalFormat
import RecoveryCore
import Testing

@testable import SQLiteJournal

@Suite("A journal that is copied", .serialized)
struct ArchiveTests {
  static let later = JournalSamples.start + .seconds(3600)

  private func copy(_ directory: String, into other: String) async throws {
    let target = try JournalDatabase.target(directory: other, at: Self.later)
    _ = try await ArchiveCopy(from: JournalDatabase.source(directory: directory), to: target).run()
  }

  @Test("is whole in another directory, over what a killed copy has left, and numbers and fences go on")
  func whole() async throws {
    try await withStateDirectory { directory in
      let (state, other) = (directory + "/state", directory + "/other")
      try await withJournal(in: state) { journal in try await JournalStory.tell(journal) }
      do {
        let killed = try JournalDatabase.target(directory: other, at: Self.later)
        let source = try await JournalDatabase.source(directory: state)
        try await source.read(.heal) { rows throws(JournalError) in try await killed.write(rows, of: .heal) }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: other)
      #expect(left.contains("journal.sqlite.copying") && !left.contains("journal.sqlite"), "\(left)")
      try await copy(state, into: other)
      let names = try FileManager.default.contentsOfDirectory(atPath: other)
      #expect(Set(names) == ["journal.sqlite", "journal.key", "aftercare.lock"])
      #expect(try mode(of: other + "/journal.sqlite") == 0o600)
      try await withJournal(in: other) { journal in
        let content = try await JournalStory.Content(of: journal)
        #expect(content.isWhole)
        try await withJournal(in: state) { original in
          let told = try await JournalStory.Content(of: original)
          #expect(told == content, "with the addresses of operations")
        }
        let fence = try await journal.acquire(holder: "next", at: Self.later)
        let next = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: fence)
        #expect(next.map(\.sequence) == [9])
      }
    }
  }

  @Test("takes the place of one that nobody has used, which is kept, and never of another")
  func unused() async throws {
    try await withStateDirectory { directory in
      let (state, other) = (directory + "/state", directory + "/other")
      try await withJournal(in: state) { journal in try await JournalStory.tell(journal) }
      try await withJournal(in: other) { _ in }
      try await copy(state, into: other)
      let names = try FileManager.default.contentsOfDirectory(atPath: other)
      #expect(names.contains { $0.hasPrefix("journal.sqlite.replaced-") }, "\(names)")
      let refused = await #expect(throws: JournalError.self) { try await copy(state, into: other) }
      #expect(refused?.message.contains("is not empty: it has 2 items, 8 events, 3 heals, 2 orders") == true)
    }
  }

  @Test("has no damaged row: it is named, and nothing is in the target")
  func damaged() async throws {
    try await withStateDirectory { directory in
      let (state, other) = (directory + "/state", directory + "/other")
      try await withJournal(in: state) { journal in try await JournalStory.tell(journal) }
      try await DatabaseQueue(path: state + "/journal.sqlite").write { db in
        try db.execute(sql: "UPDATE event SET body = replace(body, 'erp-web-01', 'erp-web-02') WHERE sequence = 3")
      }
      let refused = await #expect(throws: JournalError.self) { try await copy(state, into: other) }
      #expect(refused?.code == .damaged)
      #expect(refused?.message.contains("\(state)/journal.sqlite: row '3' of table 'event'") == true)
      let names = try FileManager.default.contentsOfDirectory(atPath: other)
      #expect(!names.contains { $0.hasPrefix("journal.sqlite") }, "\(names)")
    }
  }

  @Test("is not made where there is none, and no directory is used for it")
  func missing() async throws {
    try await withStateDirectory { directory in
      let refused = await #expect(throws: JournalError.self) {
        _ = try await JournalDatabase.source(directory: directory)
      }
      #expect(refused?.message.contains("no journal at \(directory)/journal.sqlite") == true)
      #expect(!FileManager.default.fileExists(atPath: directory))
    }
  }

  @Test("has every table and every column that the schema has")
  func complete() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in
        try await journal.store.read { db in
          for table in ArchiveTable.allCases {
            let known = try db.columns(in: table.rawValue).map(\.name)
            #expect(Set(known) == Set(table.columns.map(\.name)), "\(table)")
          }
          let others = [
            "sink", "brakes", "alerts", "operator_order", "identity", "fence", "grdb_migrations", "sqlite_sequence",
          ]
          let tables = try String.fetchSet(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
          #expect(tables == Set(ArchiveTable.allCases.map(\.rawValue) + others))
        }
      }
    }
  }

  @Test("has a machine that ran in two vaults once, with the item that has it now")
  func machines() throws {
    let queue = try DatabaseQueue()
    try JournalSchema.migrator.migrate(queue)
    let (first, second) = ("/subscriptions/1/vault-1", "/subscriptions/1/vault-2")
    let rows = try [
      ["m", "v", "erp", "a", "live", "20", "50"], ["m", "v", "erp", "b", "former", "10", "60"],
      ["n", "", "erp", "b", "former", "5", "5"], ["n", "", "erp", "a", "live", "8", "9"],
    ].enumerated().map { try ArchiveRow($1, of: .machine, in: $0.isMultiple(of: 2) ? first : second) }
    let (machines, heal) = try queue.write { db in
      try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
      for row in rows { try ArchiveTable.machine.write(db, row) }
      let heal = try ArchiveRow(
        ["h", "a", "m", "erp", nil, "healed", JournalJSON.encode(JournalSamples.heal(id: "h")), "1", nil], of: .heal,
        in: first)
      try ArchiveTable.heal.write(db, heal)
      let machines = try Row.fetchAll(db, sql: "SELECT id, item_key, role, first_seen, last_seen FROM machine").map {
        row in row.map { _, value in value.description }.joined(separator: " ")
      }
      try db.execute(sql: "DELETE FROM machine")
      return (machines, heal)
    }
    #expect(machines == [#""m" "a" "live" 10 60"#, #""n" "a" "live" 5 9"#])
    let twice = #expect(throws: JournalError.self) { try queue.write { db in try ArchiveTable.heal.write(db, heal) } }
    #expect(twice?.message.contains("row 'h' of table 'heal' is there in two vaults") == true)
  }
}

import AftercareTesting
import SQLiteJournal
import Testing

@Suite("The SQLite journal keeps the contract")
struct ContractTests {
  @Test("of every journal", arguments: JournalContract.clauses)
  func clause(_ clause: JournalContract) async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await clause.check(journal) }
    }
  }

  @Test("across a restart")
  func restart() async throws {
    try await withStateDirectory { directory in
      try await withJournal(in: directory) { journal in try await JournalContract.tellStory(journal) }
      try await withJournal(in: directory) { journal in try await JournalContract.checkStory(journal) }
    }
  }
}

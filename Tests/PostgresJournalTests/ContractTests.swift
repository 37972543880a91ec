import AftercareTesting
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("The PostgreSQL journal keeps the contract")
struct ContractTests {
  @Test("of every journal, in each shard", arguments: JournalContract.clauses)
  func clause(_ clause: JournalContract) async throws {
    try await withSchema { schema in
      let database = try schema.database()
      try await clause.check(database.journal(of: Samples.vault))
    }
  }

  @Test("across a restart")
  func restart() async throws {
    try await withSchema { schema in
      try await JournalContract.tellStory(schema.database().journal(of: Samples.vault))
      try await JournalContract.checkStory(schema.database().journal(of: Samples.vault))
    }
  }

  @Test("in two shards at once, which see nothing of each other", arguments: JournalContract.clauses)
  func shards(_ clause: JournalContract) async throws {
    try await withSchema { schema in
      let database = try schema.database()
      let (one, other) = (database.journal(of: Samples.vault), database.journal(of: Samples.otherVault))
      async let first: Void = clause.check(one)
      async let second: Void = clause.check(other)
      _ = try await (first, second)
    }
  }
}

import AftercareTesting
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("The leases in PostgreSQL keep the contract")
struct LeaseContractTests {
  @Test("of all leases", arguments: LeaseContract.clauses)
  func clause(_ clause: LeaseContract) async throws {
    try await withSchema { schema in
      let database = try schema.database(span: LeaseContract.span)
      try await clause.check(
        LeaseContract.Place(leases: database.leases, journal: { database.journal(of: $0) }) { span in
          // As if so much time had gone by.
          let interval = "interval '\(span.inMilliseconds) milliseconds'"
          try await schema.raw("UPDATE shard SET expires_at = expires_at - \(interval)")
          try await schema.raw("UPDATE instance SET seen_at = seen_at - \(interval)")
        })
    }
  }
}

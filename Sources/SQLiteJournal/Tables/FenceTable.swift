import GRDB
import JournalFormat
import RecoveryCore

/// The one row that says who may write.
enum FenceTable {
  /// Gives out the next token: every earlier one is stale once this is committed.
  static func acquire(_ db: Database, holder: String, at now: Timestamp) throws -> Fence {
    try db.run(
      sql: """
        INSERT INTO fence (id, token, holder, acquired_at) VALUES (1, 1, ?, ?)
        ON CONFLICT (id) DO UPDATE SET
          token = token + 1, holder = excluded.holder, acquired_at = excluded.acquired_at
        """, arguments: [holder, now.milliseconds])
    guard let token = try Int64.fetchOne(db, sql: "SELECT token FROM fence WHERE id = 1") else {
      throw DamagedRow(table: "fence", key: "1", reason: "it is missing although it was just written")
    }
    return Fence(token: token)
  }

  /// Called first in every transaction that writes; what it throws undoes the transaction.
  static func check(_ db: Database, _ fence: Fence) throws {
    guard let row = try db.row(sql: "SELECT token, holder FROM fence WHERE id = 1") else {
      throw JournalError(.fenced, "nobody has acquired the right to write to the journal yet")
    }
    let token = try row.decode(Int64.self, forColumn: "token")
    guard token != fence.token else { return }
    let holder = try row.decode(String.self, forColumn: "holder")
    throw JournalError(
      .fenced,
      "the right to write to the journal was taken over by \(holder) (token \(token), this one has \(fence.token)); "
        + "this instance must stop acting")
  }
}

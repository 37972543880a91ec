import GRDB
import JournalFormat
import RecoveryCore

/// What items' machines had while they were well: a row for each content, found by the time at which it was learned.
enum BaselineTable {
  /// Contents that are kept of one item: a machine that changes daily must not fill the disk.
  private static let most = 50

  static func write(_ db: Database, _ baseline: Baseline) throws {
    let body = try JournalJSON.encode(baseline)
    let arguments: StatementArguments = [
      baseline.item.text, baseline.learned.milliseconds, baseline.confirmed.milliseconds, baseline.machine.id.key, body,
    ]
    try db.run(
      sql: """
        INSERT INTO baseline (item_key, learned_at, confirmed_at, machine_id, body) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (item_key, learned_at) DO UPDATE SET
          confirmed_at = excluded.confirmed_at, machine_id = excluded.machine_id, body = excluded.body
        """, arguments: arguments)
    try db.run(
      sql: """
        DELETE FROM baseline WHERE item_key = :item AND learned_at NOT IN (
          SELECT learned_at FROM baseline WHERE item_key = :item ORDER BY learned_at DESC LIMIT :most)
        """, arguments: ["item": baseline.item.text, "most": most])
  }

  /// Newest last.
  static func last(_ db: Database, of item: ItemKey, limit: Int) throws -> [Baseline] {
    let rows = try db.rows(
      sql: "SELECT body FROM baseline WHERE item_key = ? ORDER BY learned_at DESC LIMIT ?",
      arguments: [item.text, max(0, limit)])
    return try rows.reversed().map { row in
      try JournalJSON.decode(
        Baseline.self, from: try row.decode(String.self, forColumn: "body"), table: "baseline", key: item.text)
    }
  }
}

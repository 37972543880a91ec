import JournalFormat
import RecoveryCore

/// The brakes of each shard, and the alerts that stand in it.
enum BrakeTable {
  static func write(_ brakes: Brakes, in shard: String) throws -> Statement {
    Statement(
      "INSERT INTO brakes (shard, body) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET body = excluded.body",
      .text(shard), .text(try JournalJSON.encode(brakes)))
  }

  static func read(in shard: String?) -> Statement {
    Statement("SELECT shard, body FROM brakes WHERE $1::text IS NULL OR shard = $1 ORDER BY shard", .text(shard))
  }

  static func brakes(_ table: ResultTable) throws -> Brakes {
    Brakes(
      ofAll: try table.rows.map { row in
        try JournalJSON.decode(Brakes.self, from: row.text(1) ?? "", table: "brakes", key: row.text(0) ?? "?")
      })
  }

  static func write(_ alerts: [Alert], in shard: String) throws -> Statement {
    Statement(
      "INSERT INTO alerts (shard, body) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET body = excluded.body",
      .text(shard), .text(try JournalJSON.encode(StandingAlerts(alerts: alerts))))
  }

  static func readAlerts(in shard: String?) -> Statement {
    Statement("SELECT shard, body FROM alerts WHERE $1::text IS NULL OR shard = $1 ORDER BY shard", .text(shard))
  }

  static func alerts(_ table: ResultTable) throws -> [Alert] {
    try table.rows.flatMap { row in
      try JournalJSON.decode(
        StandingAlerts.self, from: row.text(1) ?? "", table: "alerts", key: row.text(0) ?? "?"
      ).alerts
    }
  }
}

import GRDB
import JournalFormat
import RecoveryCore

/// The last sweep of each vault, and what all of them since the start cost.
enum SweepTable {
  static func write(_ db: Database, _ sweep: SweepReport) throws {
    let body = try JournalJSON.encode(sweep)
    let failed = sweep.fault == nil ? 0 : 1
    let arguments: StatementArguments = [
      sweep.vault.key, body, failed, sweep.pages, sweep.instanceViews, sweep.itemReads, sweep.associationLists,
      sweep.jobLists,
    ]
    try db.run(
      sql: """
        INSERT INTO sweep (
          vault, body, sweeps, failed, pages, instance_views, item_reads, association_lists, job_lists)
        VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (vault) DO UPDATE SET
          body = excluded.body, sweeps = sweeps + 1, failed = failed + excluded.failed,
          pages = pages + excluded.pages, instance_views = instance_views + excluded.instance_views,
          item_reads = item_reads + excluded.item_reads,
          association_lists = association_lists + excluded.association_lists,
          job_lists = job_lists + excluded.job_lists
        """, arguments: arguments)
  }

  /// The totals are those of one run; the last reports stay until there are newer ones.
  static func resetTotals(_ db: Database) throws {
    try db.run(
      sql: """
        UPDATE sweep SET sweeps = 0, failed = 0, pages = 0, instance_views = 0, item_reads = 0,
          association_lists = 0, job_lists = 0
        """)
  }

  static func readAll(_ db: Database) throws -> [SweepReport] {
    let rows = try db.rows(sql: "SELECT * FROM sweep ORDER BY vault")
    return try rows.map { row in try report(from: row) }
  }

  static func totals(_ db: Database) throws -> [SweepTotals] {
    let rows = try db.rows(sql: "SELECT * FROM sweep ORDER BY vault")
    return try rows.map { row in
      let latest = try report(from: row)
      return SweepTotals(
        vault: latest.vault,
        sweeps: try row.decode(Int.self, forColumn: "sweeps"),
        failed: try row.decode(Int.self, forColumn: "failed"),
        pages: try row.decode(Int.self, forColumn: "pages"),
        instanceViews: try row.decode(Int.self, forColumn: "instance_views"),
        itemReads: try row.decode(Int.self, forColumn: "item_reads"),
        associationLists: try row.decode(Int.self, forColumn: "association_lists"),
        jobLists: try row.decode(Int.self, forColumn: "job_lists"))
    }
  }

  private static func report(from row: Row) throws -> SweepReport {
    let vault = try row.decode(String.self, forColumn: "vault")
    let body = try row.decode(String.self, forColumn: "body")
    return try JournalJSON.decode(SweepReport.self, from: body, table: "sweep", key: vault)
  }
}

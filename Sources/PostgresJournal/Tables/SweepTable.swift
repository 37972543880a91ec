import JournalFormat
import RecoveryCore

/// The last sweep of each vault, and what all of them since the start cost.
enum SweepTable {
  static func write(_ sweep: SweepReport, in shard: String) throws -> Statement {
    Statement(
      """
      INSERT INTO sweep AS known (
        shard, vault, body, sweeps, failed, pages, instance_views, item_reads, association_lists, job_lists)
      VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9)
      ON CONFLICT (shard, vault) DO UPDATE SET
        body = excluded.body, sweeps = known.sweeps + 1, failed = known.failed + excluded.failed,
        pages = known.pages + excluded.pages, instance_views = known.instance_views + excluded.instance_views,
        item_reads = known.item_reads + excluded.item_reads,
        association_lists = known.association_lists + excluded.association_lists,
        job_lists = known.job_lists + excluded.job_lists
      """,
      .text(shard), .text(sweep.vault.key), .text(try JournalJSON.encode(sweep)), .number(sweep.fault == nil ? 0 : 1),
      .number(sweep.pages), .number(sweep.instanceViews), .number(sweep.itemReads), .number(sweep.associationLists),
      .number(sweep.jobLists))
  }

  /// The totals are those of one run; the last reports stay until there are newer ones.
  static func resetTotals(in shard: String) -> Statement {
    Statement(
      """
      UPDATE sweep SET sweeps = 0, failed = 0, pages = 0, instance_views = 0, item_reads = 0, association_lists = 0,
        job_lists = 0
      WHERE shard = $1
      """, .text(shard))
  }

  static func read(in shard: String?) -> Statement {
    Statement("SELECT vault, body FROM sweep WHERE $1::text IS NULL OR shard = $1 ORDER BY vault, shard", .text(shard))
  }

  static func reports(_ table: ResultTable) throws -> [SweepReport] {
    try table.rows.map { row in
      try JournalJSON.decode(SweepReport.self, from: row.text(1) ?? "", table: "sweep", key: row.text(0) ?? "?")
    }
  }
}

import JournalFormat
import RecoveryCore

/// What items' machines had while they were well: a row for each content, found by the time at which it was learned.
enum BaselineTable {
  /// Contents that are kept of one item: a machine that changes daily must not fill the disk.
  private static let most = 50

  static func write(_ baselines: [Baseline], in shard: String) throws -> [Statement] {
    let items = Parameter.texts(baselines.map(\.item.text))
    return [
      Statement(
        """
        INSERT INTO baseline (shard, item_key, learned_at, confirmed_at, machine_id, body)
        SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
        ON CONFLICT (shard, item_key, learned_at) DO UPDATE SET
          confirmed_at = excluded.confirmed_at, machine_id = excluded.machine_id, body = excluded.body
        """,
        .text(shard), items, .numbers(baselines.map(\.learned.milliseconds)),
        .numbers(baselines.map(\.confirmed.milliseconds)), .texts(baselines.map(\.machine.id.key)),
        .texts(try baselines.map { try JournalJSON.encode($0) })),
      Statement(
        """
        DELETE FROM baseline USING (
          SELECT item_key, learned_at, row_number() OVER (PARTITION BY item_key ORDER BY learned_at DESC) AS place
          FROM baseline WHERE shard = $1 AND item_key = ANY ($2::text[])
        ) AS known
        WHERE baseline.shard = $1 AND baseline.item_key = known.item_key AND baseline.learned_at = known.learned_at
          AND known.place > $3
        """, .text(shard), items, .number(most)),
    ]
  }

  /// Newest last.
  static func last(in shard: String?, of item: ItemKey, limit: Int) -> Statement {
    Statement(
      """
      SELECT body FROM baseline WHERE ($1::text IS NULL OR shard = $1) AND item_key = $2
      ORDER BY learned_at DESC LIMIT $3
      """, .text(shard), .text(item.text), .number(max(0, limit)))
  }

  static func baselines(_ table: ResultTable, of item: ItemKey) throws -> [Baseline] {
    try table.rows.reversed().map { row in
      try JournalJSON.decode(Baseline.self, from: row.text(0) ?? "", table: "baseline", key: item.text)
    }
  }
}

import RecoveryCore

/// What goes after the retention, so much at a time; each says how many rows that were.
enum Pruning {
  /// Never an event that one of the sinks has not taken yet.
  static func events(in shard: String, before: Timestamp, told: Int64, most: Int) -> Statement {
    Statement(
      """
      WITH gone AS (
        DELETE FROM event WHERE sequence IN (
          SELECT sequence FROM event WHERE shard = $1 AND at < $2 AND sequence <= $3 LIMIT $4)
        RETURNING 1
      )
      UPDATE shard SET last_result = (SELECT count(*) FROM gone) WHERE vault = $1 RETURNING last_result
      """, .text(shard), .number(before.milliseconds), .number(told), .number(most))
  }

  /// Never the heal that an item's state refers to.
  static func heals(in shard: String, before: Timestamp, most: Int) -> Statement {
    Statement(
      """
      WITH gone AS (
        DELETE FROM heal WHERE shard = $1 AND id IN (
          SELECT id FROM heal AS old WHERE shard = $1 AND coalesce(ended_at, started_at) < $2
            AND NOT EXISTS (SELECT FROM item WHERE item.shard = old.shard AND item.heal_id = old.id)
          LIMIT $3)
        RETURNING 1
      )
      UPDATE shard SET last_result = (SELECT count(*) FROM gone) WHERE vault = $1 RETURNING last_result
      """, .text(shard), .number(before.milliseconds), .number(most))
  }
}

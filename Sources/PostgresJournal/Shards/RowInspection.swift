import JournalFormat
import RecoveryCore

/// Reads every row, over a connection of its own: for a long story that takes seconds. A cancelled task gives up.
///
/// What the server itself may find wrong with its files is its own affair (`initdb --data-checksums`, `pg_amcheck`).
struct RowInspection: Sendable {
  let database: DatabaseAccess
  /// Nil for all.
  let shard: String?

  private static let batch = 500

  /// The columns of JSON, each with what a row of its table is named by.
  private static let bodies = [
    ("item", "key", "state"), ("heal", "id", "body"), ("step", "heal_id", "operation"), ("step", "heal_id", "fault"),
    ("event", "sequence::text", "body"), ("baseline", "item_key", "body"), ("brakes", "shard", "body"),
    ("alerts", "shard", "body"), ("sweep", "vault", "body"), ("sink", "name", "body"),
    ("order_answer", "number::text", "answer"),
  ]

  /// Those that belong to no shard.
  private static let shared = [
    ("operator_order", "number::text", "body"), ("operator_order", "number::text", "answer"),
    ("identity", "id::text", "body"), ("instance", "id", "body"),
  ]

  func run() async throws(JournalError) {
    let session = try database.pool.beside()
    let shard = shard
    let patience = database.patience
    do {
      for (table, key, body) in RowInspection.bodies + RowInspection.shared {
        if Task.isCancelled { return }
        let isShared = RowInspection.shared.contains { $0.0 == table }
        let owner = isShared ? "true" : "($1::text IS NULL OR shard = $1)"
        let query = "SELECT \(key), \(body) FROM \(table) WHERE \(body) IS NOT NULL AND \(owner)"
        let opening =
          isShared
          ? Statement("DECLARE rows CURSOR FOR " + query)
          : Statement(
            "DECLARE rows CURSOR FOR " + query, .text(shard))
        _ = try await session.perform { wire throws(WireFailure) in
          try wire.ask([.beginReading, opening], within: patience)
        }
        while !Task.isCancelled {
          let rows =
            try await session.perform { wire throws(WireFailure) in
              try wire.ask([Statement("FETCH \(RowInspection.batch) FROM rows")], within: patience)
            }.first?.rows ?? []
          if rows.isEmpty { break }
          for row in rows where !RowChecksum.isRight(Array((row.text(1) ?? "").utf8)) {
            throw DamagedRow(table: table, key: row.text(0) ?? "?", reason: RowChecksum.broken)
          }
        }
        _ = try await session.perform { wire throws(WireFailure) in try wire.ask([.commit], within: patience) }
      }
    } catch {
      if Task.isCancelled { return }
      throw database.error(error)
    }
  }
}

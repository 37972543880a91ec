import JournalFormat
import RecoveryCore

/// The state of each item, without its heal: a running heal changes often and has a row of its own.
enum ItemTable {
  /// A state, and when it came to be so.
  typealias Entry = (item: ItemState, at: Timestamp)

  /// A look that found what it knew writes nothing.
  static func write(_ entries: [Entry], in shard: String) throws -> Statement {
    let items = entries.map(\.item)
    let states = try items.map { item in
      var bare = item
      bare.heal = nil
      return try JournalJSON.encode(bare)
    }
    return Statement(
      """
      INSERT INTO item (
        shard, key, vault, arm_id, name, lifecycle_id, live_machine, protection_state, reason, heal_id, updated_at,
        state)
      SELECT $1, * FROM unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
        $11::bigint[], $12::text[])
      ON CONFLICT (shard, key) DO UPDATE SET
        vault = excluded.vault, arm_id = excluded.arm_id, name = excluded.name,
        lifecycle_id = excluded.lifecycle_id, live_machine = excluded.live_machine,
        protection_state = excluded.protection_state, reason = excluded.reason, heal_id = excluded.heal_id,
        updated_at = excluded.updated_at, state = excluded.state
      WHERE item.state <> excluded.state OR item.heal_id IS DISTINCT FROM excluded.heal_id
      """,
      .text(shard), .texts(items.map(\.key.text)), .texts(items.map(\.vault.text)), .texts(items.map(\.itemID.text)),
      .texts(items.map(\.name)), .texts(items.map(\.lifecycleID)), .texts(items.map { $0.live?.id.text }),
      .texts(items.map(\.protectionState.text)), .texts(items.map(\.reason.rawValue)),
      .texts(items.map { $0.heal?.id }),
      .numbers(entries.map(\.at.milliseconds)), .texts(states))
  }

  static func remove(_ keys: [ItemKey], in shard: String) -> Statement {
    Statement(
      "DELETE FROM item WHERE shard = $1 AND key = ANY ($2::text[])", .text(shard), .texts(keys.map(\.text)))
  }

  /// Those behind one, in the order of shards and keys.
  static func page(in shard: String?, after place: (shard: String, key: String), limit: Int) -> Statement {
    Statement(
      """
      SELECT item.shard, item.key, item.state, item.heal_id, heal.body
      FROM item LEFT JOIN heal ON heal.shard = item.shard AND heal.id = item.heal_id
      WHERE ($1::text IS NULL OR item.shard = $1) AND (item.shard, item.key) > ($2, $3)
      ORDER BY item.shard, item.key LIMIT $4
      """, .text(shard), .text(place.shard), .text(place.key), .number(limit))
  }

  static func item(_ row: ResultTable.Row, by reader: StateReader) throws -> ItemState {
    try reader.item(
      row.text(1) ?? "?", from: Array((row.text(2) ?? "").utf8), heal: row.text(3).map { (id: $0, body: row.text(4)) })
  }
}

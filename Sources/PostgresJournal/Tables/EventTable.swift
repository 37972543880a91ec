import JournalFormat
import RecoveryCore

/// The story. It is the outbox as well: each sink has a place in it (`SinkTable`).
enum EventTable {
  /// Numbers the events and writes them, the last of all that a transaction does; gives back the last number. The
  /// shard's row keeps that number as what came of the commit.
  static func append(_ events: [Event], in shard: String) throws -> Statement {
    Statement(
      """
      WITH drawn AS (
        UPDATE event_counter SET last = last + $2 WHERE id = 1 RETURNING last
      ), kept AS (
        UPDATE shard SET last_result = drawn.last FROM drawn WHERE vault = $1
      ), told AS (
        INSERT INTO event (
          sequence, shard, at, kind, level, item_key, item_name, machine_id, machine_name, vault, heal_id, failover,
          body)
        SELECT drawn.last - $2 + e.ordinal, $1, e.at, e.kind, e.level, e.item_key, e.item_name, e.machine_id,
          e.machine_name, e.vault, e.heal_id, e.failover, e.body
        FROM drawn, unnest(
          $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
          $11::text[], $12::text[], $13::text[]) WITH ORDINALITY
        AS e (at, kind, level, item_key, item_name, machine_id, machine_name, vault, heal_id, failover, body, ordinal)
      )
      SELECT last FROM drawn
      """,
      .text(shard), .number(events.count), .numbers(events.map(\.at.milliseconds)), .texts(events.map(\.kind.rawValue)),
      .texts(events.map(\.level.rawValue)), .texts(events.map { $0.item?.text }), .texts(events.map(\.itemName)),
      .texts(events.map { $0.machine?.key }), .texts(events.map { $0.machine?.name }),
      .texts(events.map { $0.vault?.key }), .texts(events.map(\.heal)), .texts(events.map(\.failover)),
      .texts(try events.map { try JournalJSON.encode($0) }))
  }

  /// Newest last. It walks back from the newest event until it has enough.
  static func last(in shard: String?, about subject: String?, limit: Int) -> Statement {
    guard let subject else {
      return Statement(
        "SELECT sequence, body FROM event WHERE $1::text IS NULL OR shard = $1 ORDER BY sequence DESC LIMIT $2",
        .text(shard), .number(max(0, limit)))
    }
    return Statement(
      """
      SELECT sequence, body FROM event
      WHERE ($1::text IS NULL OR shard = $1) AND (
        item_key = $3 OR lower(item_name) = $3 OR machine_id = $3 OR lower(machine_name) = $3
        OR (shard, item_key) IN (SELECT shard, key FROM item WHERE lower(name) = $3))
      ORDER BY sequence DESC LIMIT $2
      """, .text(shard), .number(max(0, limit)), .text(Subject.normalized(subject)))
  }

  /// Oldest first.
  static func after(_ sequence: Int64, in shard: String?, limit: Int) -> Statement {
    Statement(
      """
      SELECT sequence, body FROM event WHERE ($1::text IS NULL OR shard = $1) AND sequence > $2
      ORDER BY sequence LIMIT $3
      """, .text(shard), .number(sequence), .number(max(0, limit)))
  }

  static func failovers(in shard: String?, limit: Int) -> Statement {
    Statement(
      """
      SELECT failover, max(vault), min(at) AS began, max(at), count(DISTINCT item_key)
      FROM event WHERE failover IS NOT NULL AND ($1::text IS NULL OR shard = $1)
      GROUP BY failover ORDER BY began DESC, failover DESC LIMIT $2
      """, .text(shard), .number(max(0, limit)))
  }

  static func all(in shard: String?, of failover: String) -> Statement {
    Statement(
      """
      SELECT sequence, body FROM event WHERE failover = $2 AND ($1::text IS NULL OR shard = $1) ORDER BY sequence
      """, .text(shard), .text(failover))
  }

  static func recorded(_ table: ResultTable) throws -> [RecordedEvent] {
    try table.rows.map { row in
      let sequence = row.number(0) ?? 0
      let event = try JournalJSON.decode(Event.self, from: row.text(1) ?? "", table: "event", key: "\(sequence)")
      return RecordedEvent(sequence: sequence, event: event)
    }
  }

  static func failovers(_ table: ResultTable) -> [FailoverRecord] {
    table.rows.reversed().map { row in
      FailoverRecord(
        id: row.text(0) ?? "?", vault: row.text(1).flatMap { ResourceID($0) },
        began: Timestamp(milliseconds: row.number(2) ?? 0), latest: Timestamp(milliseconds: row.number(3) ?? 0),
        items: Int(row.number(4) ?? 0))
    }
  }

  // MARK: - Copying

  /// What has yet to be told of a vault that nobody watches is told by whoever watches another one.
  static func adopt(behind sequence: Int64, home: String, _ watched: Set<String>) -> Statement {
    Statement(
      "UPDATE event SET shard = $1 WHERE sequence > $2 AND shard <> ALL ($3::text[])", .text(home), .number(sequence),
      .texts(watched.sorted()))
  }
}

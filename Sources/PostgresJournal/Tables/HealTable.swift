import JournalFormat
import RecoveryCore

/// Heals and their steps. A heal's body holds the whole heal and is what is read back; the step rows are there to be
/// looked at and counted.
enum HealTable {
  /// One statement for all: what is unchanged is not written, and neither are its steps.
  static func write(_ heals: [Heal], in shard: String, sealedBy seal: OperationSeal?) throws -> Statement {
    let heals = try heals.map { try OperationSeal.close($0, with: seal) }
    let steps = heals.flatMap { heal in heal.steps.map { (heal.id, $0) } }
    return Statement(
      """
      WITH changed AS (
        INSERT INTO heal (shard, id, item_key, machine_id, machine_name, vm_id, status, started_at, ended_at, body)
        SELECT $1, * FROM unnest(
          $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
          $10::text[])
        ON CONFLICT (shard, id) DO UPDATE SET
          item_key = excluded.item_key, machine_id = excluded.machine_id, machine_name = excluded.machine_name,
          vm_id = excluded.vm_id, status = excluded.status, started_at = excluded.started_at,
          ended_at = excluded.ended_at, body = excluded.body
        WHERE heal.body <> excluded.body
        RETURNING id
      ), given AS (
        SELECT * FROM unnest(
          $11::text[], $12::integer[], $13::text[], $14::text[], $15::text[], $16::integer[], $17::bigint[],
          $18::bigint[], $19::text[], $20::text[])
        AS s (heal_id, ordinal, title, verb, state, attempts, intended_at, ended_at, operation, fault)
      ), surplus AS (
        DELETE FROM step USING changed WHERE step.shard = $1 AND step.heal_id = changed.id AND NOT EXISTS (
          SELECT FROM given WHERE given.heal_id = step.heal_id AND given.ordinal = step.ordinal)
      )
      INSERT INTO step (
        shard, heal_id, ordinal, title, verb, state, attempts, intended_at, ended_at, operation, fault)
      SELECT $1, given.* FROM given JOIN changed ON changed.id = given.heal_id
      ON CONFLICT (shard, heal_id, ordinal) DO UPDATE SET
        title = excluded.title, verb = excluded.verb, state = excluded.state, attempts = excluded.attempts,
        intended_at = excluded.intended_at, ended_at = excluded.ended_at, operation = excluded.operation,
        fault = excluded.fault
      """,
      .text(shard), .texts(heals.map(\.id)), .texts(heals.map(\.item.text)), .texts(heals.map(\.machine.id.key)),
      .texts(heals.map(\.machine.id.name)), .texts(heals.map(\.machine.vmID)), .texts(heals.map(\.status.word)),
      .numbers(heals.map(\.started.milliseconds)), .numbers(heals.map { $0.ended?.milliseconds }),
      .texts(try heals.map { try JournalJSON.encode($0) }), .texts(steps.map(\.0)),
      .numbers(steps.map { Int64($0.1.ordinal) }), .texts(steps.map(\.1.title)), .texts(steps.map(\.1.verb)),
      .texts(steps.map(\.1.state.rawValue)), .numbers(steps.map { Int64($0.1.attempts) }),
      .numbers(steps.map { $0.1.intended?.milliseconds }), .numbers(steps.map { $0.1.ended?.milliseconds }),
      .texts(try steps.map { try $0.1.operation.map { try JournalJSON.encode($0) } }),
      .texts(try steps.map { try $0.1.fault.map { try JournalJSON.encode($0) } }))
  }

  /// Newest last; by heal in the order in which they started.
  static func last(in shard: String?, about subject: String?, limit: Int) -> Statement {
    guard let subject else {
      return Statement(
        """
        SELECT id, body FROM heal WHERE $1::text IS NULL OR shard = $1
        ORDER BY started_at DESC, id DESC LIMIT $2
        """, .text(shard), .number(max(0, limit)))
    }
    return Statement(
      """
      SELECT id, body FROM heal
      WHERE ($1::text IS NULL OR shard = $1) AND (
        item_key = $3 OR machine_id = $3 OR lower(machine_name) = $3
        OR (shard, item_key) IN (SELECT shard, key FROM item WHERE lower(name) = $3))
      ORDER BY started_at DESC, id DESC LIMIT $2
      """, .text(shard), .number(max(0, limit)), .text(Subject.normalized(subject)))
  }

  /// Those that a failover led to, in the order in which they started.
  static func all(in shard: String?, of failover: String) -> Statement {
    Statement(
      """
      SELECT id, body FROM heal
      WHERE ($1::text IS NULL OR shard = $1)
        AND (shard, id) IN (SELECT shard, heal_id FROM event WHERE failover = $2)
      ORDER BY started_at, id
      """, .text(shard), .text(failover))
  }

  static func heals(_ table: ResultTable, sealedBy seal: OperationSeal?) throws -> [Heal] {
    let reader = StateReader(sealedBy: seal)
    return try table.rows.map { row in try reader.heal(row.text(0) ?? "?", from: row.text(1) ?? "") }
  }
}

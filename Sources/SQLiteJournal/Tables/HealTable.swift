import GRDB
import JournalFormat
import RecoveryCore

/// Heals and their steps. A heal's body holds the whole heal and is what is read back; the step rows are there to be
/// looked at and counted.
enum HealTable {
  static func write(_ db: Database, _ heal: Heal, sealedBy seal: OperationSeal?) throws {
    guard let heal = try seal?.closed(heal) else {
      throw JournalError(.readOnly, "heals are written by the one writer")
    }
    let body = try JournalJSON.encode(heal)
    let machine = heal.machine
    let arguments: StatementArguments = [
      heal.id, heal.item.text, machine.id.key, machine.id.name, machine.vmID, heal.status.word,
      heal.started.milliseconds, heal.ended?.milliseconds, body,
    ]
    try db.run(
      sql: """
        INSERT INTO heal (id, item_key, machine_id, machine_name, vm_id, status, started_at, ended_at, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET
          item_key = excluded.item_key, machine_id = excluded.machine_id, machine_name = excluded.machine_name,
          vm_id = excluded.vm_id, status = excluded.status, started_at = excluded.started_at,
          ended_at = excluded.ended_at, body = excluded.body
        WHERE body IS NOT excluded.body
        """, arguments: arguments)
    guard db.changesCount > 0 else { return }
    // A further round may have fewer steps than the one before.
    try db.run(
      sql: "DELETE FROM step WHERE heal_id = ? AND ordinal > ?", arguments: [heal.id, heal.steps.count])
    for step in heal.steps { try write(db, step, of: heal.id) }
  }

  /// Newest last; by heal in the order in which they started.
  static func last(
    _ db: Database, about subject: String?, limit: Int, sealedBy seal: OperationSeal?
  ) throws -> [Heal] {
    let rows: [Row]
    if let subject {
      let arguments: StatementArguments = ["subject": Subject.normalized(subject), "limit": max(0, limit)]
      rows = try db.rows(
        sql: """
          SELECT id, body FROM heal
          WHERE item_key = :subject OR machine_id = :subject OR machine_name = :subject
            OR item_key IN (SELECT key FROM item WHERE name = :subject)
          ORDER BY started_at DESC, id DESC LIMIT :limit
          """, arguments: arguments)
    } else {
      rows = try db.rows(
        sql: "SELECT id, body FROM heal ORDER BY started_at DESC, id DESC LIMIT ?", arguments: [max(0, limit)])
    }
    return try heals(rows.reversed(), sealedBy: seal)
  }

  /// Those that a failover led to, in the order in which they started.
  static func all(_ db: Database, of failover: String, sealedBy seal: OperationSeal?) throws -> [Heal] {
    let rows = try db.rows(
      sql: """
        SELECT id, body FROM heal WHERE id IN (SELECT heal_id FROM event WHERE failover = ?) ORDER BY started_at, id
        """, arguments: [failover])
    return try heals(rows, sealedBy: seal)
  }

  private static func heals(_ rows: [Row], sealedBy seal: OperationSeal?) throws -> [Heal] {
    let reader = StateReader(sealedBy: seal)
    return try rows.map { row in
      let id = try row.decode(String.self, forColumn: "id")
      return try reader.heal(id, from: try row.decode(String.self, forColumn: "body"))
    }
  }

  /// Of the steps of a heal one changes at a time; the others are left as they are.
  private static func write(_ db: Database, _ step: Step, of heal: String) throws {
    let operation = try step.operation.map { try JournalJSON.encode($0) }
    let fault = try step.fault.map { try JournalJSON.encode($0) }
    let arguments: StatementArguments = [
      heal, step.ordinal, step.title, step.verb, step.state.rawValue, step.attempts,
      step.intended?.milliseconds, step.ended?.milliseconds, operation, fault,
    ]
    try db.run(
      sql: """
        INSERT INTO step (heal_id, ordinal, title, verb, state, attempts, intended_at, ended_at, operation, fault)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (heal_id, ordinal) DO UPDATE SET
          title = excluded.title, verb = excluded.verb, state = excluded.state, attempts = excluded.attempts,
          intended_at = excluded.intended_at, ended_at = excluded.ended_at, operation = excluded.operation,
          fault = excluded.fault
        WHERE (title, verb, state, attempts, intended_at, ended_at, operation, fault) IS NOT
          (excluded.title, excluded.verb, excluded.state, excluded.attempts, excluded.intended_at, excluded.ended_at,
            excluded.operation, excluded.fault)
        """, arguments: arguments)
  }
}

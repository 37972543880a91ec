import GRDB
import JournalFormat
import RecoveryCore

/// The story. It is the outbox as well: each sink has a place in it (`SinkTable`).
enum EventTable {
  /// Numbers the event.
  static func append(_ db: Database, _ event: Event) throws -> RecordedEvent {
    let body = try JournalJSON.encode(event)
    let arguments: StatementArguments = [
      event.at.milliseconds, event.kind.rawValue, event.level.rawValue, event.item?.text, event.itemName,
      event.machine?.key, event.machine?.name, event.vault?.key, event.heal, event.failover, body,
    ]
    try db.run(
      sql: """
        INSERT INTO event (
          at, kind, level, item_key, item_name, machine_id, machine_name, vault, heal_id, failover, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, arguments: arguments)
    return RecordedEvent(sequence: db.lastInsertedRowID, event: event)
  }

  /// Newest last. It walks back from the newest event until it has enough, which for a person is quick at any size that
  /// the retention allows; an index for each way of asking would cost every commit more than it saves.
  static func last(_ db: Database, about subject: String?, limit: Int) throws -> [RecordedEvent] {
    let rows: [Row]
    if let subject {
      let arguments: StatementArguments = ["subject": Subject.normalized(subject), "limit": max(0, limit)]
      rows = try db.rows(
        sql: """
          SELECT sequence, body FROM event
          WHERE item_key = :subject OR item_name = :subject OR machine_id = :subject OR machine_name = :subject
            OR item_key IN (SELECT key FROM item WHERE name = :subject)
          ORDER BY sequence DESC LIMIT :limit
          """, arguments: arguments)
    } else {
      rows = try db.rows(
        sql: "SELECT sequence, body FROM event ORDER BY sequence DESC LIMIT ?", arguments: [max(0, limit)])
    }
    return try rows.reversed().map { row in try recorded(from: row) }
  }

  /// Oldest first.
  static func after(_ db: Database, _ sequence: Int64, limit: Int) throws -> [RecordedEvent] {
    let rows = try db.rows(
      sql: "SELECT sequence, body FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?",
      arguments: [sequence, max(0, limit)])
    return try rows.map { row in try recorded(from: row) }
  }

  static func count(_ db: Database, after sequence: Int64) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM event WHERE sequence > ?", arguments: [sequence]) ?? 0
  }

  // MARK: - Failovers

  static func failovers(_ db: Database, limit: Int) throws -> [FailoverRecord] {
    let rows = try db.rows(
      sql: """
        SELECT failover, max(vault) AS vault, min(at) AS began, max(at) AS latest, count(DISTINCT item_key) AS items
        FROM event WHERE failover IS NOT NULL GROUP BY failover ORDER BY began DESC, failover DESC LIMIT ?
        """, arguments: [max(0, limit)])
    return try rows.reversed().map { row in
      FailoverRecord(
        id: try row.decode(String.self, forColumn: "failover"),
        vault: try row.decode(String?.self, forColumn: "vault").flatMap { ResourceID($0) },
        began: Timestamp(milliseconds: try row.decode(Int64.self, forColumn: "began")),
        latest: Timestamp(milliseconds: try row.decode(Int64.self, forColumn: "latest")),
        items: try row.decode(Int.self, forColumn: "items"))
    }
  }

  static func all(_ db: Database, of failover: String) throws -> [RecordedEvent] {
    let rows = try db.rows(
      sql: "SELECT sequence, body FROM event WHERE failover = ? ORDER BY sequence", arguments: [failover])
    return try rows.map { row in try recorded(from: row) }
  }

  private static func recorded(from row: Row) throws -> RecordedEvent {
    let sequence = try row.decode(Int64.self, forColumn: "sequence")
    let body = try row.decode(String.self, forColumn: "body")
    let event = try JournalJSON.decode(Event.self, from: body, table: "event", key: "\(sequence)")
    return RecordedEvent(sequence: sequence, event: event)
  }
}

import GRDB
import JournalFormat
import RecoveryCore

/// The brakes, the alerts that stand, and what people have ordered.
enum BrakeTable {
  static func write(_ db: Database, _ brakes: Brakes) throws {
    try db.run(
      sql: "INSERT INTO brakes (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
      arguments: [try JournalJSON.encode(brakes)])
  }

  static func read(_ db: Database) throws -> Brakes {
    guard let body = try String.fetchOne(db, sql: "SELECT body FROM brakes WHERE id = 1") else { return Brakes() }
    return try JournalJSON.decode(Brakes.self, from: body, table: "brakes", key: "1")
  }

  // MARK: - Alerts

  static func write(_ db: Database, _ alerts: [Alert]) throws {
    try db.run(
      sql: "INSERT INTO alerts (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
      arguments: [try JournalJSON.encode(StandingAlerts(alerts: alerts))])
  }

  static func readAlerts(_ db: Database) throws -> [Alert] {
    guard let body = try String.fetchOne(db, sql: "SELECT body FROM alerts WHERE id = 1") else { return [] }
    return try JournalJSON.decode(StandingAlerts.self, from: body, table: "alerts", key: "1").alerts
  }

  // MARK: - Orders

  static func give(_ db: Database, _ order: Order, at now: Timestamp) throws -> Int64 {
    try db.run(
      sql: "INSERT INTO operator_order (given_at, body) VALUES (?, ?)",
      arguments: [now.milliseconds, try JournalJSON.encode(order)])
    return db.lastInsertedRowID
  }

  static func open(_ db: Database) throws -> [RecordedOrder] {
    let rows = try db.rows(sql: "SELECT * FROM operator_order WHERE answer IS NULL ORDER BY number")
    return try rows.map { row in
      let number = try row.decode(Int64.self, forColumn: "number")
      let body = try row.decode(String.self, forColumn: "body")
      return RecordedOrder(
        number: number, given: Timestamp(milliseconds: try row.decode(Int64.self, forColumn: "given_at")),
        order: try JournalJSON.decode(Order.self, from: body, table: "operator_order", key: String(number)))
    }
  }

  static func answer(_ db: Database, _ answer: OrderAnswer) throws {
    try db.run(
      sql: "UPDATE operator_order SET answer = ? WHERE number = ?",
      arguments: [try JournalJSON.encode(answer), answer.number])
  }

  static func answer(_ db: Database, to number: Int64) throws -> OrderAnswer? {
    let text = try String.fetchOne(
      db, sql: "SELECT answer FROM operator_order WHERE number = ? AND answer IS NOT NULL", arguments: [number])
    return try text.map {
      try JournalJSON.decode(OrderAnswer.self, from: $0, table: "operator_order", key: String(number))
    }
  }

  // MARK: - Copying

  /// All orders, read so that none is taken along that nobody can read.
  static func archived(_ db: Database) throws -> [ArchiveOrder] {
    try db.rows(sql: "SELECT * FROM operator_order ORDER BY number").map { row in
      let number = try row.decode(Int64.self, forColumn: "number")
      let body = try row.decode(String.self, forColumn: "body")
      _ = try JournalJSON.decode(Order.self, from: body, table: "operator_order", key: String(number))
      _ = try answer(db, to: number)
      return ArchiveOrder(
        number: number, given: try row.decode(Int64.self, forColumn: "given_at"), body: body,
        answer: try row.decode(String?.self, forColumn: "answer"))
    }
  }

  static func write(_ db: Database, _ order: ArchiveOrder) throws {
    try db.run(
      sql: "INSERT INTO operator_order (number, given_at, body, answer) VALUES (?, ?, ?, ?)",
      arguments: [order.number, order.given, order.body, order.answer])
  }

  // MARK: - Forgetting

  static func prune(_ db: Database, before: Timestamp) throws -> Int {
    try db.run(
      sql: "DELETE FROM operator_order WHERE given_at < ? AND answer IS NOT NULL", arguments: [before.milliseconds])
    return db.changesCount
  }
}

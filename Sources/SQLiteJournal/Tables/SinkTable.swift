import GRDB
import JournalFormat
import RecoveryCore

/// How far each sink has come in the story, and which journal that is.
enum SinkTable {
  /// Forgets who is not named any more. Who is new begins behind the newest event.
  static func keep(_ db: Database, _ names: Set<String>) throws {
    let known = try all(db)
    for gone in Set(known.keys).subtracting(names) {
      try db.run(sql: "DELETE FROM sink WHERE name = ?", arguments: [gone])
    }
    // Not the highest number that is there: the newest events may have been pruned, but their numbers never come again.
    let newest = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0
    for name in names.subtracting(known.keys) { try write(db, name, newest) }
  }

  static func all(_ db: Database) throws -> [String: Int64] {
    let rows = try db.rows(sql: "SELECT name, body FROM sink")
    return try rows.reduce(into: [:]) { places, row in
      let name = try row.decode(String.self, forColumn: "name")
      places[name] = try place(in: row, of: name).delivered
    }
  }

  static func delivered(_ db: Database, to name: String) throws -> Int64? {
    try db.row(sql: "SELECT body FROM sink WHERE name = ?", arguments: [name])
      .map { row in try place(in: row, of: name).delivered }
  }

  static func mark(_ db: Database, through sequence: Int64, to name: String) throws {
    guard let delivered = try delivered(db, to: name), delivered < sequence else { return }
    try write(db, name, sequence)
  }

  static func write(_ db: Database, _ name: String, _ delivered: Int64) throws {
    try db.run(
      sql: "INSERT INTO sink (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
      arguments: [name, try JournalJSON.encode(SinkPlace(delivered: delivered))])
  }

  private static func place(in row: Row, of name: String) throws -> SinkPlace {
    try JournalJSON.decode(
      SinkPlace.self, from: try row.decode(String.self, forColumn: "body"), table: "sink", key: name)
  }

  // MARK: - Which journal it is

  static func drawIdentity(_ db: Database) throws {
    try db.run(
      sql: "INSERT INTO identity (id, body) VALUES (1, ?)",
      arguments: [try JournalJSON.encode(JournalIdentity.drawn())])
  }

  static func identity(_ db: Database) throws -> String {
    guard let body = try String.fetchOne(db, sql: "SELECT body FROM identity WHERE id = 1") else {
      throw DamagedRow(table: "identity", key: "1", reason: "it is missing")
    }
    return try JournalJSON.decode(JournalIdentity.self, from: body, table: "identity", key: "1").journal
  }
}

import GRDB
import JournalFormat
import RecoveryCore

/// Whether a file is what aftercare has written: its structure, its indices, its references and its rows.
enum JournalCheck {
  // What is decided by: every table but the story, which is most of the file.

  /// Those that grow with the fleet.
  private static let large = ["item", "machine", "heal", "step", "baseline"]
  private static let small = ["brakes", "alerts", "operator_order", "sweep", "sink", "identity", "fence"]

  /// Walks the tables that a start writes to before it has read what it decides by; throws what is wrong with them. Each
  /// row's content has its checksum, which is looked at when it is read. That the indices name the same rows takes ten
  /// times as long and is left to `indices`, and what is wrong between these tables and the rest of the file to
  /// `structure`.
  static func state(_ db: Database) throws { try look(db, at: small, "quick_check") }

  /// The same for the other tables that are decided by.
  static func fleet(_ db: Database) throws { try look(db, at: large, "quick_check") }

  /// Compares the indices of the tables that are decided by with their rows, and their references to each other.
  static func indices(_ db: Database) throws { try look(db, at: large + small, "integrity_check", references(db)) }

  private static func look(
    _ db: Database, at tables: [String], _ pragma: String, _ known: [String] = []
  ) throws {
    var findings = known
    for table in tables where try db.tableExists(table) {
      findings += try String.fetchAll(db, sql: "PRAGMA \(pragma)('\(table)')").prefix(3).filter { $0 != "ok" }
    }
    try refuse(findings)
  }

  /// Reads the whole file; throws what is wrong with it.
  ///
  /// `integrity_check` and not `quick_check`: an index that lacks an entry would hide an event from whoever looks for it.
  static func structure(_ db: Database) throws {
    let findings = try String.fetchAll(db, sql: "PRAGMA integrity_check(3)").filter { $0 != "ok" }
    try refuse(findings + references(db))
  }

  private static func references(_ db: Database) throws -> [String] {
    var findings: [String] = []
    for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(3) {
      let (table, parent): (String, String) = (row["table"] ?? "?", row["parent"] ?? "?")
      findings.append("a row of table '\(table)' refers to a row of '\(parent)' that is missing")
    }
    return findings
  }

  private static func refuse(_ findings: [String]) throws {
    guard findings.isEmpty else { throw DamagedFile(finding: findings.joined(separator: "; ")) }
  }

  /// The tables and indices, once the schema is up to date.
  static func schema(_ db: Database) throws {
    guard try JournalSchema.isIntact(db) else {
      throw DamagedFile(finding: "a table or an index is not as it was made")
    }
  }

  /// The columns of JSON, each with what a row of its table is named by.
  private static let bodies = [
    ("item", "key", "state"), ("heal", "id", "body"), ("event", "sequence", "body"), ("baseline", "item_key", "body"),
    ("brakes", "id", "body"), ("alerts", "id", "body"), ("operator_order", "number", "body"),
    ("operator_order", "number", "answer"),
    ("sweep", "vault", "body"), ("sink", "name", "body"), ("identity", "id", "body"),
  ]

  /// The checksum of every row.
  static func rows(_ db: Database) throws {
    for (table, key, body) in bodies {
      // A file of an older version lacks the tables that came later.
      guard try db.tableExists(table) else { continue }
      let rows = try Row.fetchCursor(db, sql: "SELECT \(key) AS name, \(body) AS body FROM \(table)")
      while let row = try rows.next() {
        guard let text = try row.decode(String?.self, forColumn: "body"), !RowChecksum.isRight(Array(text.utf8)) else {
          continue
        }
        throw DamagedRow(table: table, key: row["name"] ?? "?", reason: RowChecksum.broken)
      }
    }
  }
}

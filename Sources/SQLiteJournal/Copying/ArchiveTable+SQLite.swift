import GRDB
import JournalFormat
import RecoveryCore

extension ArchiveTable {
  /// Rows with the numbers that SQLite gives them, so that they are read without an index.
  struct Page: Sendable {
    var rows: [ArchiveRow] = []
    var last: Int64 = 0
  }

  func page(_ db: Database, after number: Int64, limit: Int) throws -> Page {
    let values = columns.map { column in
      column.isNumber ? "CAST(\(rawValue).\(column.name) AS TEXT)" : "\(rawValue).\(column.name)"
    }.joined(separator: ", ")
    let rows = try db.rows(
      sql: """
        SELECT \(rawValue).rowid, \(vault), \(values) FROM \(origin)
        WHERE \(rawValue).rowid > ? ORDER BY \(rawValue).rowid LIMIT ?
        """, arguments: [number, limit])
    var page = Page()
    for row in rows {
      page.last = try row.decode(Int64.self, atIndex: 0)
      let vault = try row.decode(String?.self, atIndex: 1)
      let values = try columns.indices.map { try row.decode(String?.self, atIndex: $0 + 2) }
      page.rows.append(try ArchiveRow(values, of: self, in: vault.flatMap { ResourceID($0)?.key }))
    }
    return page
  }

  private var origin: String {
    self == .step ? "step JOIN heal ON heal.id = step.heal_id" : rawValue
  }

  /// The vault of a row's item: as the item says, or where that is gone, as its story says. What names its vault itself
  /// needs none.
  private var vault: String {
    let key: String
    switch self {
    case .item, .event, .sweep: return "NULL"
    case .step: key = "heal.item_key"
    case .heal, .machine, .baseline: key = "\(rawValue).item_key"
    }
    return """
      coalesce(
        (SELECT known.vault FROM item AS known WHERE known.key = \(key)),
        (SELECT told.vault FROM event AS told WHERE told.item_key = \(key) AND told.vault IS NOT NULL
          ORDER BY told.sequence DESC LIMIT 1))
      """
  }

  /// A machine that ran in several vaults is one row here: that of the item that has it now.
  func write(_ db: Database, _ row: ArchiveRow) throws {
    let names = columns.map(\.name)
    try db.run(
      sql: """
        INSERT INTO \(rawValue) (\(names.joined(separator: ", ")))
        VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT DO \(repetition)
        """, arguments: StatementArguments(row.values))
    guard db.changesCount == 0 else { return }
    throw JournalError(
      .failed,
      "row '\(row.name)' of table '\(rawValue)' is there in two vaults, and a state directory has it once: nothing was "
        + "copied. See which vault has it still (aftercare status), and delete the other vault's row")
  }

  private var repetition: String {
    guard self == .machine else { return "NOTHING" }
    return """
      UPDATE SET
        item_key = CASE excluded.role WHEN 'live' THEN excluded.item_key ELSE item_key END,
        role = CASE excluded.role WHEN 'live' THEN 'live' ELSE role END,
        first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)
      """
  }

  func count(_ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM \(rawValue)") ?? 0
  }
}

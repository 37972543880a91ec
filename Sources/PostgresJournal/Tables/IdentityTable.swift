import JournalFormat

/// Which journal it is: one for the database.
enum IdentityTable {
  static func draw() throws(WireFailure) -> Statement {
    let body = try wireFailure { try JournalJSON.encode(JournalIdentity.drawn()) }
    return Statement("INSERT INTO identity (id, body) VALUES (1, $1)", .text(body))
  }

  static let read = Statement("SELECT body FROM identity WHERE id = 1")

  static func identity(_ table: ResultTable) throws -> String {
    guard let body = table.first?.text(0) else {
      throw DamagedRow(table: "identity", key: "1", reason: "it is missing")
    }
    return try JournalJSON.decode(JournalIdentity.self, from: body, table: "identity", key: "1").journal
  }
}

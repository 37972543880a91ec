import JournalFormat
import RecoveryCore

extension ArchiveTable {
  private var names: String { columns.map(\.name).joined(separator: ", ") }

  /// Lets `fetch` give its rows, page by page. The story comes in its order, as it was written.
  var opening: Statement {
    let order = self == .event ? " ORDER BY sequence" : ""
    return Statement("DECLARE rows NO SCROLL CURSOR FOR SELECT shard, \(names) FROM \(rawValue)\(order)")
  }

  static func fetch(_ count: Int) -> Statement { Statement("FETCH \(count) FROM rows") }
  static let closing = Statement("CLOSE rows")

  func rows(_ table: ResultTable) throws -> [ArchiveRow] {
    try table.rows.map { row in try ArchiveRow(Array(row.values.dropFirst()), of: self, in: row.text(0)) }
  }

  /// What belongs to no vault goes home.
  func write(_ rows: [ArchiveRow], home: String) -> Statement {
    let values = columns.indices.map { column in
      Parameter.texts(rows.map { $0.values[column] })
    }
    let types = columns.enumerated().map { "$\($0 + 2)::\($1.isNumber ? "bigint" : "text")[]" }
    return Statement(
      """
      INSERT INTO \(rawValue) (shard, \(names)) SELECT * FROM unnest($1::text[], \(types.joined(separator: ", ")))
      """, parameters: [.texts(rows.map { $0.shard ?? home })] + values)
  }

  /// A machine that ran in several vaults has a row in each.
  var count: Statement {
    Statement(
      self == .machine
        ? "SELECT count(*) FROM (SELECT DISTINCT id, vm_id FROM machine) AS known"
        : "SELECT count(*) FROM \(rawValue)")
  }
}

/// What a statement gave back, as text.
struct ResultTable: Sendable {
  var rows: [Row] = []
  /// Rows that it wrote.
  var affected = 0
  /// The first word of what the server says it did: a COMMIT of what had failed is told as ROLLBACK.
  var command = ""

  var first: Row? { rows.first }

  struct Row: Sendable {
    let values: [String?]

    /// Nil where it is NULL.
    func text(_ column: Int) -> String? { values.indices.contains(column) ? values[column] : nil }
    func number(_ column: Int) -> Int64? { text(column).flatMap { Int64($0) } }
    func isTrue(_ column: Int) -> Bool { text(column) == "t" }
  }
}

/// What is in a journal that should be empty, in words.
package enum ArchiveHoldings {
  package struct Count: Sendable {
    package let table: String
    package let rows: Int

    package init(_ table: String, _ rows: Int) {
      self.table = table
      self.rows = rows
    }

    /// `1 item`, `40 heals`.
    package var words: String {
      let name = table == "operator_order" ? "order" : table
      if rows == 1 { return "1 \(name)" }
      return "\(rows) \(name)\(name.hasSuffix("s") ? "" : "s")"
    }
  }

  /// Nil when nothing is there.
  package static func words(_ counts: [Count]) -> String? {
    let held = counts.filter { $0.rows > 0 }
    return held.isEmpty ? nil : held.map(\.words).joined(separator: ", ")
  }
}

import RecoveryCore

/// A row on its way from one journal into another: its values as they are, so that a checksum goes on holding.
package struct ArchiveRow: Sendable {
  package let table: ArchiveTable
  /// In the order of the table's columns; nil is NULL.
  package private(set) var values: [String?]
  /// The lower-cased id of the vault that it belongs to; nil where that cannot be told, or where it belongs to none.
  package private(set) var shard: String?

  /// Reads what the row says, so that none is taken along that nobody can read; throws `DamagedRow`.
  /// - Parameter shard: as far as it is known from elsewhere.
  package init(_ values: [String?], of table: ArchiveTable, in shard: String?) throws {
    self.table = table
    self.values = values
    self.shard = shard
    guard values.count == table.columns.count else {
      throw DamagedRow(table: table.rawValue, key: "?", reason: "it has \(values.count) values")
    }
    let vault = try understood()
    if shard == nil { self.shard = vault?.key }
  }

  /// Its key, for messages.
  package var name: String { table.key.map { self[$0] ?? "?" }.joined(separator: " ") }

  package subscript(_ column: String) -> String? {
    table.columns.firstIndex { $0.name == column }.flatMap { values[$0] }
  }

  package func replacing(_ column: String, with value: String) -> ArchiveRow {
    var row = self
    if let index = table.columns.firstIndex(where: { $0.name == column }) { row.values[index] = value }
    return row
  }

  package func decoded<Value: Decodable>(_ type: Value.Type, from column: String) throws -> Value {
    try JournalJSON.decode(type, from: self[column] ?? "", table: table.rawValue, key: name)
  }

  /// The vault that the row itself names.
  private func understood() throws -> ResourceID? {
    switch table {
    case .heal:
      let heal = try decoded(Heal.self, from: "body")
      try require(heal.id == self["id"], "its body is that of heal '\(heal.id)'")
    case .step:
      if self["operation"] != nil { _ = try decoded(OperationHandle.self, from: "operation") }
      if self["fault"] != nil { _ = try decoded(Fault.self, from: "fault") }
    case .item:
      let item = try decoded(ItemState.self, from: "state")
      try require(item.key.text == self["key"], "its state is that of item '\(item.key.text)'")
      return item.vault
    case .machine: break
    case .baseline:
      let baseline = try decoded(Baseline.self, from: "body")
      try require(baseline.item.text == self["item_key"], "its body is that of item '\(baseline.item.text)'")
    case .event: return try decoded(Event.self, from: "body").vault
    case .sweep: return try decoded(SweepReport.self, from: "body").vault
    }
    return nil
  }

  private func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws {
    guard holds else { throw DamagedRow(table: table.rawValue, key: name, reason: reason()) }
  }
}

import RecoveryCore

/// Takes the addresses of running operations from one journal's key to another's.
package struct Resealing: Sendable {
  private let old: OperationSeal?
  private let new: OperationSeal?

  package init(from old: OperationSeal?, to new: OperationSeal?) {
    self.old = old
    self.new = new
  }

  /// The row as the other journal keeps it, and how many operations of a heal have lost their address. A row without one
  /// stays as it is, to the byte.
  package func resealed(_ row: ArchiveRow) throws -> (row: ArchiveRow, lost: Int) {
    switch row.table {
    case .heal:
      let heal = try row.decoded(Heal.self, from: "body")
      let before = heal.addresses
      guard before > 0 else { return (row, 0) }
      let other = try OperationSeal.close(OperationSeal.open(heal, with: old), with: new)
      return (row.replacing("body", with: try JournalJSON.encode(other)), before - other.addresses)
    case .step:
      guard row["operation"] != nil else { return (row, 0) }
      let operation = try row.decoded(OperationHandle.self, from: "operation")
      guard operation.hasAddress else { return (row, 0) }
      let other = try OperationSeal.close(OperationSeal.open(operation, with: old), with: new)
      return (row.replacing("operation", with: try JournalJSON.encode(other)), 0)
    case .item, .machine, .baseline, .event, .sweep: return (row, 0)
    }
  }
}

extension Heal {
  fileprivate var addresses: Int { steps.filter { $0.operation?.hasAddress ?? false }.count }
}

extension OperationHandle {
  fileprivate var hasAddress: Bool { statusURL != nil || locationURL != nil }
}

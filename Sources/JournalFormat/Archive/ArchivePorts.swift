package import RecoveryCore

/// A journal that is copied from: one moment of it, from which writers are kept away for as long as this lives.
package protocol ArchiveSource: Sendable {
  /// For messages.
  var place: String { get }
  /// Opens the addresses of running operations; nil where its key is not known.
  var seal: OperationSeal? { get }
  func head() async throws(JournalError) -> ArchiveHead
  /// Hands out all rows of a table, page by page.
  func read(
    _ table: ArchiveTable, _ take: ([ArchiveRow]) async throws(JournalError) -> Void
  ) async throws(JournalError)
  /// How many rows it has. A machine that ran in several vaults counts once.
  func count(_ table: ArchiveTable) async throws(JournalError) -> Int
  /// The end of it. Nothing was changed.
  func close() async
}

/// A journal that is copied into: nothing was in it, and either all is there afterwards or nothing still.
package protocol ArchiveTarget: Sendable {
  var place: String { get }
  /// Closes the addresses of running operations; nil where they cannot be kept.
  var seal: OperationSeal? { get }
  func write(_ rows: [ArchiveRow], of table: ArchiveTable) async throws(JournalError)
  func write(_ head: ArchiveHead) async throws(JournalError)
  /// As the source counts.
  func count(_ table: ArchiveTable) async throws(JournalError) -> Int
  /// Makes all of it the journal, in one step.
  func keep() async throws(JournalError)
  /// Leaves nothing behind of what was not kept.
  func close() async
}

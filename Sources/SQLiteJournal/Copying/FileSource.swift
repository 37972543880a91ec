import GRDB
import JournalFormat
import RecoveryCore

/// A state directory that is copied from: its lock, held for as long as this lives, and a transaction that keeps away who
/// gives orders, and is undone at the end.
final class FileSource: ArchiveSource {
  private static let pageSize = 1000

  private let store: JournalStore

  let place: String
  var seal: OperationSeal? { store.seal }

  init(directory: String) throws(JournalError) {
    place = directory
    store = try JournalStore.openForCopying(directory: directory)
  }

  /// Reads the whole file first: what is not found is not copied.
  func begin() async throws(JournalError) {
    try await perform { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      try JournalCheck.structure(db)
    }
  }

  func head() async throws(JournalError) -> ArchiveHead {
    try await perform { db in
      _ = try SinkTable.identity(db)
      let hasBrakes = try Int.fetchOne(db, sql: "SELECT count(*) FROM brakes") ?? 0 > 0
      let whole = ArchiveShard(
        vault: nil, sinks: try SinkTable.all(db).mapValues { ArchiveShard.Place(delivered: $0) },
        brakes: hasBrakes ? try BrakeTable.read(db) : nil, alerts: try BrakeTable.readAlerts(db))
      return ArchiveHead(
        identity: try String.fetchOne(db, sql: "SELECT body FROM identity WHERE id = 1") ?? "",
        lastEvent: try FileSource.last(db, "event"), lastOrder: try FileSource.last(db, "operator_order"),
        shards: [whole], orders: try BrakeTable.archived(db))
    }
  }

  /// The number that was given last, of what may be gone by now.
  private static func last(_ db: Database, _ table: String) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
  }

  func read(
    _ table: ArchiveTable, _ take: ([ArchiveRow]) async throws(JournalError) -> Void
  ) async throws(JournalError) {
    var last: Int64 = 0
    while true {
      let page = try await perform { [last] db in try table.page(db, after: last, limit: FileSource.pageSize) }
      if page.rows.isEmpty { return }
      last = page.last
      try await take(page.rows)
    }
  }

  func count(_ table: ArchiveTable) async throws(JournalError) -> Int {
    try await perform { db in try table.count(db) }
  }

  func close() async {
    _ = try? await perform { db in try db.execute(sql: "ROLLBACK") }
    store.close()
  }

  private func perform<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(JournalError) -> Value {
    guard let writer = store.writer else { throw JournalError(.readOnly, "\(place) is closed") }
    do {
      return try await writer.writeWithoutTransaction(body)
    } catch {
      throw JournalError(error, file: store.path)
    }
  }
}

import GRDB
import JournalFormat
import RecoveryCore

/// A state directory that is copied into: a file beside the journal's name, which it gets when it is whole.
final class FileTarget: ArchiveTarget {
  private static let holder = "aftercare state copy"

  let place: String
  let seal: OperationSeal?
  private let path: String
  private let partial: String
  private let queue: DatabaseQueue
  private let lock: WriterLock
  private let now: Timestamp

  init(directory: String, at now: Timestamp) throws(JournalError) {
    self.now = now
    place = directory
    path = directory + "/" + JournalStore.fileName
    partial = path + ".copying"
    try StateDirectory.create(directory)
    lock = try WriterLock(directory: directory)
    try FileTarget.refuseContent(of: directory, path)
    seal = try OperationSeal(directory: directory)
    // What an earlier copy left when it was killed.
    FileTarget.remove(partial)
    try StateDirectory.createPrivateFile(partial)
    do {
      queue = try FileTarget.empty(partial)
    } catch {
      throw JournalError(error, file: partial)
    }
  }

  deinit { withExtendedLifetime(lock) {} }

  /// An empty journal is one that nobody has used.
  private static func refuseContent(of directory: String, _ path: String) throws(JournalError) {
    guard DurableFile.exists(path) || DurableFile.exists(path + "-wal") else { return }
    let store = try JournalStore.openForReading(directory: directory)
    defer { store.close() }
    do {
      let held = try store.reader.unsafeRead { db in
        try ["item", "event", "heal", "operator_order"].map { table in
          ArchiveHoldings.Count(table, try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0)
        }
      }
      guard let words = ArchiveHoldings.words(held) else { return }
      throw JournalError(
        .cannotOpen,
        "\(path) is not empty: it has \(words). Nothing was copied; name another directory, or move this journal away "
          + "(\(path)*) if nobody needs it")
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// It is brought to the disk when it gets its name; until then it is thrown away with the process.
  private static func empty(_ file: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.label = "journal.copy"
    let queue = try DatabaseQueue(path: file, configuration: configuration)
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
    }
    try JournalSchema.migrator.migrate(queue)
    return queue
  }

  func write(_ rows: [ArchiveRow], of table: ArchiveTable) async throws(JournalError) {
    try await perform { db in
      for row in rows { try table.write(db, row) }
    }
  }

  func write(_ head: ArchiveHead) async throws(JournalError) {
    try await perform { db in
      try db.execute(sql: "UPDATE identity SET body = ? WHERE id = 1", arguments: [head.identity])
      let whole = head.together
      try SinkTable.keep(db, [])
      for (name, place) in whole.sinks { try SinkTable.write(db, name, place.delivered) }
      if let brakes = whole.brakes { try BrakeTable.write(db, brakes) }
      if !whole.alerts.isEmpty { try BrakeTable.write(db, whole.alerts) }
      for order in head.orders { try BrakeTable.write(db, order) }
      for (table, last) in [("event", head.lastEvent), ("operator_order", head.lastOrder)] {
        try db.execute(sql: "DELETE FROM sqlite_sequence WHERE name = ?", arguments: [table])
        try db.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", arguments: [table, last])
      }
    }
  }

  func count(_ table: ArchiveTable) async throws(JournalError) -> Int {
    try await perform { db in try table.count(db) }
  }

  func keep() async throws(JournalError) {
    do {
      try queue.close()
      let end = JournalCopy.retire(path, by: FileTarget.holder, at: now)
      try JournalCopy.succeed(partial, to: end, by: FileTarget.holder, at: now)
      _ = try JournalCopy.check(partial, named: path)
      _ = try JournalCopy.setAside(path, at: now)
      try DurableFile.rename(partial, to: path)
    } catch {
      throw JournalError(error, file: partial)
    }
  }

  /// Once it is kept, nothing has that name any more.
  func close() async {
    try? queue.close()
    FileTarget.remove(partial)
  }

  private static func remove(_ partial: String) {
    for suffix in ["", "-journal", "-wal", "-shm"] { DurableFile.remove(partial + suffix) }
  }

  private func perform<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(JournalError) -> Value {
    do {
      return try await queue.write(body)
    } catch {
      throw JournalError(error, file: partial)
    }
  }
}

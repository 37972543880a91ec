import FoundationEssentials
import GRDB
import JournalFormat
import RecoveryCore

/// The open file: its connections, and the lock that keeps other writers out.
struct JournalStore: Sendable {
  let path: String
  /// The same object as `writer` when there is one.
  let reader: any DatabaseReader
  /// Nil when the journal was opened for reading only.
  let writer: (any DatabaseWriter)?
  /// Held for as long as the store lives.
  let lock: WriterLock?
  /// The writer's alone: who only reads has no use for the addresses of operations.
  let seal: OperationSeal?
  /// Compares the indices of what is decided by with their rows; the writer's alone.
  var indices: IndexCheck?

  /// Returns when what is found by an index can be relied on.
  func indicesAreWhole() async throws(JournalError) {
    do {
      try await indices?.result()
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// Reads a table in parts side by side, each over a connection of its own, for as long as nobody writes. Rows come in
  /// no order.
  func readInParts<Value: Sendable>(
    of table: String, _ body: @escaping @Sendable (Database, ClosedRange<Int64>) throws -> [Value]
  ) async throws(JournalError) -> [Value] {
    let last = try await read { db in try Int64.fetchOne(db, sql: "SELECT max(rowid) FROM \(table)") ?? 0 }
    // A queue has one connection, and may stand beside a writer: its parts would be of different times.
    let parts = reader is DatabasePool ? Int64(min(4, max(1, ProcessInfo.processInfo.activeProcessorCount))) : 1
    do {
      return try await withThrowingTaskGroup(of: [Value].self) { group in
        for part in 0..<parts {
          let (first, end) = (part * last / parts + 1, (part + 1) * last / parts)
          if first <= end { group.addTask { try await read { db in try body(db, first...end) } } }
        }
        var values: [Value] = []
        for try await some in group { values += some }
        return values
      }
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// Runs one transaction that reads.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(JournalError) -> Value {
    let reader = self.reader
    do {
      let task = Task { try await reader.read(body) }
      return try await task.value
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// Runs one transaction that writes: whole when it returns, undone when it throws.
  ///
  /// The database is reached from a task of its own, here as in `read`, because GRDB gives up when the caller's task is
  /// cancelled. A process that is being stopped is just the one that must still write down what Azure has answered.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(JournalError) -> Value {
    guard let writer else {
      throw JournalError(.readOnly, "\(path) was opened for reading only; only `aftercare run` writes to it")
    }
    do {
      let task = Task { try await writer.write(body) }
      return try await task.value
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// Closes the connections, with everything in the one file: the pool's readers go last, and those cannot fold the log
  /// into it. There is nobody to tell of a failure, and nothing is lost by one: every commit is on the disk already.
  func close() {
    indices?.cancel()
    _ = try? writer?.writeWithoutTransaction { db in try db.checkpoint(.passive) }
    try? reader.close()
  }
}

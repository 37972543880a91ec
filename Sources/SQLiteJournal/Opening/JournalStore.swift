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
  /// Walks the tables that grow with the fleet; the writer's alone, where that was not done at the opening.
  var fleet: LaterCheck?
  /// Compares the indices of what is decided by with their rows; the writer's alone.
  var indices: LaterCheck?

  /// Returns when the states that were read are known to be all and whole.
  func fleetIsWhole() async throws(JournalError) { try await result(of: fleet) }

  /// Returns when what is found by an index can be relied on.
  func indicesAreWhole() async throws(JournalError) { try await result(of: indices) }

  private func result(of check: LaterCheck?) async throws(JournalError) {
    do {
      try await check?.result()
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
    fleet?.cancel()
    indices?.cancel()
    _ = try? writer?.writeWithoutTransaction { db in try db.checkpoint(.passive) }
    try? reader.close()
  }
}

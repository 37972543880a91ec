import Synchronization

/// A look at the file that goes on beside what follows the opening, such as the comparison of indices with their rows,
/// which takes as long as reading all states does: that is begun when those are read, or when somebody has to rely on an
/// index.
final class LaterCheck: Sendable {
  private let look: @Sendable () async throws -> Void
  private let task = Mutex<Task<Void, any Error>?>(nil)
  private let isRead: AsyncStream<Never>
  private let onRead: AsyncStream<Never>.Continuation

  init(_ look: @escaping @Sendable () async throws -> Void) {
    self.look = look
    (isRead, onRead) = AsyncStream.makeStream(of: Never.self)
  }

  /// Its turn has come.
  func begin() {
    _ = begun()
    onRead.finish()
  }

  /// Throws what is wrong.
  func result() async throws { try await begun().value }

  /// As `result`, once its turn has come: for whoever only wants to know in the end. One may wait at a time.
  func resultInTurn() async throws {
    for await _ in isRead {}
    try Task.checkCancellation()
    try await result()
  }

  func cancel() {
    task.withLock { $0 }?.cancel()
    onRead.finish()
  }

  private func begun() -> Task<Void, any Error> {
    task.withLock { task in
      let begun = task ?? Task { [look] in try await look() }
      task = begun
      return begun
    }
  }
}

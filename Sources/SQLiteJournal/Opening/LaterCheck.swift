import Synchronization

/// A look at the file that goes on beside what follows the opening, such as the comparison of indices with their rows,
/// which takes as long as reading all states does: that is begun when those are read, or when somebody has to rely on an
/// index.
final class LaterCheck: Sendable {
  private let look: @Sendable () async throws -> Void
  private let task = Mutex<Task<Void, any Error>?>(nil)
  private let turn: AsyncStream<Never>
  private let onTurn: AsyncStream<Never>.Continuation

  init(_ look: @escaping @Sendable () async throws -> Void) {
    self.look = look
    (turn, onTurn) = AsyncStream.makeStream(of: Never.self)
  }

  /// Its turn has come.
  func begin() {
    _ = begun()
    onTurn.finish()
  }

  /// Throws what is wrong.
  func result() async throws { try await begun().value }

  /// As `result`, once its turn has come: for whoever only wants to know in the end. One may wait at a time.
  func resultInTurn() async throws {
    for await _ in turn {}
    try Task.checkCancellation()
    try await result()
  }

  func cancel() {
    task.withLock { $0 }?.cancel()
    onTurn.finish()
  }

  private func begun() -> Task<Void, any Error> {
    task.withLock { task in
      let begun = task ?? Task { [look] in try await look() }
      task = begun
      return begun
    }
  }
}

import RecoveryCore

/// The few connections of a process: one that writes, so that writes come in order, and two that read, so that what a
/// person looks up does not hold up the writer. Each is opened when it is first needed.
final class SessionPool: Sendable {
  let writer: Session
  private let readers: [Session]
  /// How many wait at each reader.
  private let waiting: Locked<[Int]>
  private let plan: ConnectionPlan

  init(_ plan: ConnectionPlan) throws(JournalError) {
    var reading = plan
    reading.isReadOnly = true
    self.plan = reading
    writer = try SessionPool.session(plan)
    readers = [try SessionPool.session(reading), try SessionPool.session(reading)]
    waiting = Locked([0, 0])
  }

  /// Runs `work` where the fewest wait.
  func read<Value: Sendable>(
    _ work: @Sendable (Wire) throws(WireFailure) -> Value
  ) async throws(WireFailure) -> Value {
    let place = waiting.withLock { waiting in
      let place = waiting[0] <= waiting[1] ? 0 : 1
      waiting[place] += 1
      return place
    }
    defer { waiting.withLock { $0[place] -= 1 } }
    return try await readers[place].reading(work)
  }

  /// A connection of its own, for what takes long.
  func beside() throws(JournalError) -> Session { try SessionPool.session(plan) }

  private static func session(_ plan: ConnectionPlan) throws(JournalError) -> Session {
    guard let session = Session(plan) else {
      throw JournalError(
        .failed, "no thread can be started for a connection to the database; check the process's limits")
    }
    return session
  }
}

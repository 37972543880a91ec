/// One connection and its thread. What it is asked for comes one after the other; a lost connection is made anew for
/// what comes next.
actor Session {
  nonisolated let unownedExecutor: UnownedSerialExecutor
  private let thread: WorkThread
  private let plan: ConnectionPlan
  private var wire: Wire?

  /// Nil if the system has no thread to give.
  init?(_ plan: ConnectionPlan) {
    guard let thread = WorkThread() else { return nil }
    self.thread = thread
    self.plan = plan
    unownedExecutor = thread.asUnownedSerialExecutor()
  }

  nonisolated var patience: Duration { plan.statementWithin }

  /// Runs `work` with the connection, alone.
  func perform<Value: Sendable>(
    _ work: @Sendable (Wire) throws(WireFailure) -> Value
  ) async throws(WireFailure) -> Value {
    let wire = try await connected()
    defer { if wire.isBroken { self.wire = nil } }
    return try work(wire)
  }

  /// The same for what only reads, and so may be done twice: a connection that is lost meanwhile is made anew once.
  func reading<Value: Sendable>(
    _ work: @Sendable (Wire) throws(WireFailure) -> Value
  ) async throws(WireFailure) -> Value {
    let isFresh = wire == nil
    do throws(WireFailure) {
      return try await perform(work)
    } catch {
      guard case .lost = error, !isFresh else { throw error }
      return try await perform(work)
    }
  }

  private func connected() async throws(WireFailure) -> Wire {
    if let wire, !wire.isStale { return wire }
    wire = nil
    let password: String?
    do {
      password = try await plan.password() ?? plan.address.password
    } catch {
      // In its own words, which are the caller's to keep clean.
      throw .notConnected(ConnectFailure(kind: .noPassword, words: "\(error)"))
    }
    // Somebody else may have connected while the password was fetched.
    if let wire, !wire.isStale { return wire }
    let fresh = try plan.connect(password: password)
    wire = fresh
    return fresh
  }
}

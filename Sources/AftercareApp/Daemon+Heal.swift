import Logging
public import RecoveryCore
public import WatchEngine

/// Healing one machine, because a person says so.
extension Daemon {
  /// Heals one machine and tells of every event on the way. While a daemon runs it is the daemon that heals.
  public func heal(
    _ machine: ResourceID, within deadline: Duration, telling tell: @escaping @Sendable (RecordedEvent) -> Void
  ) async throws -> Watch.HealResult {
    let assembly = Assembly(configuration: configuration)
    let journal: any Journal
    do throws(JournalError) {
      journal = try assembly.journal()
    } catch {
      guard error.code == .locked else { throw error }
      return try await order(machine, assembly, within: deadline, telling: tell)
    }
    let handler = LineLogHandler(format: assembly.logFormat, level: .error, output: .standardError)
    let watch = try await assembly.watch(
      on: journal, sink: ListenerSink(), logger: Logger(label: "aftercare") { _ in handler }, mode: .heal)
    let events = await watch.events.listen()
    async let told: Void = {
      for await event in events { tell(event) }
    }()
    do {
      let result = try await watch.heal(machine, within: deadline)
      try await watch.flush()
      await told
      return result
    } catch {
      try? await watch.flush()
      await told
      throw error
    }
  }

  /// Has the running daemon heal it, and follows.
  private func order(
    _ machine: ResourceID, _ assembly: Assembly, within deadline: Duration,
    telling tell: @escaping @Sendable (RecordedEvent) -> Void
  ) async throws -> Watch.HealResult {
    let journal = try assembly.journalForOrders()
    let time = SystemTime()
    let end = time.now + deadline
    // By the clock that the watch goes by.
    let given = try await assembly.leases()?.at ?? time.now
    var last = try await journal.events(about: nil, last: 1).last?.sequence ?? 0
    switch try await OrderDesk(journal: journal).give(.heal(machine.text)) {
    case .done: break
    case .refused(let words): return .notLive(words)
    case .kept: return .unfinished(.mustReadMachine)
    }
    var reason = Reason.mustReadMachine
    while time.now < end {
      for recorded in try await journal.events(after: last, limit: 1000) {
        last = recorded.sequence
        if recorded.event.machine == machine { tell(recorded) }
      }
      if let state = try await journal.load().items.first(where: { $0.live?.id == machine && !$0.key.isDrill }) {
        reason = state.reason
        // Until the daemon has looked at it, what is known of it is from before.
        let isTakenUp = state.failover.map { $0.completed >= given } ?? false
        let hasLooked = state.heal != nil || (state.failover?.isSettled ?? false)
        if isTakenUp, hasLooked, let result = Watch.HealResult(of: state) { return result }
      }
      try await time.sleep(until: time.now + .milliseconds(500))
    }
    return .unfinished(reason)
  }
}

/// Where the command that asked is itself the listener: what it was shown counts as delivered.
private struct ListenerSink: AlertSink {
  func deliver(_ events: [RecordedEvent]) async throws {}
}

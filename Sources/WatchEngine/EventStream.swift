import FoundationEssentials
public import RecoveryCore

/// What was journalled, as it is journalled: the one stream that logs, terminal and tests read. Nothing is said here
/// that is not in the journal.
public actor EventStream {
  private var listeners: [UUID: AsyncStream<RecordedEvent>.Continuation] = [:]

  public init() {}

  /// Events from now on. A listener that falls 10,000 events behind loses the oldest; the journal has them all.
  public func listen() -> AsyncStream<RecordedEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: RecordedEvent.self, bufferingPolicy: .bufferingNewest(10_000))
    let id = UUID()
    listeners[id] = continuation
    continuation.onTermination = { [weak self] _ in
      // The callback is synchronous: leaving the list is bookkeeping that no task waits for.
      Task { await self?.leave(id) }
    }
    return stream
  }

  func publish(_ events: [RecordedEvent]) {
    for event in events {
      for listener in listeners.values { listener.yield(event) }
    }
  }

  func finish() {
    for listener in listeners.values { listener.finish() }
    listeners = [:]
  }

  private func leave(_ id: UUID) { listeners[id] = nil }
}

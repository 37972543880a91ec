import Logging
public import RecoveryCore
import ServiceLifecycle

/// Where events go. A sink that throws is given the same events again.
public protocol AlertSink: Sendable {
  func deliver(_ events: [RecordedEvent]) async throws
}

/// Hands journalled events to the sink in their order and marks them delivered after the sink said yes: an event is
/// told after a crash, and told again only when the crash fell between the two.
struct OutboxRelay: Service {
  let journal: any Journal
  let fence: Fence
  let sink: any AlertSink
  let alarm: Alarm
  let time: any TimeSource
  let logger: Logger

  private static let batch = 256

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let moved = await relay()
        if moved < OutboxRelay.batch { await alarm.wait(until: time.now + .seconds(30), on: time) }
      }
    }
    // What was journalled on the way down is told before the process ends; the task shields it from cancellation.
    await Task {
      while await relay() == OutboxRelay.batch {}
    }.value
  }

  /// How many events went out.
  private func relay() async -> Int {
    do {
      let events = try await journal.undelivered(limit: OutboxRelay.batch)
      guard !events.isEmpty else { return 0 }
      try await sink.deliver(events)
      try await journal.markDelivered(events.map(\.sequence), fence: fence)
      return events.count
    } catch is CancellationError {
      return 0
    } catch {
      logger.error("events cannot be delivered and are kept", metadata: ["cause": "\(error)"])
      return 0
    }
  }
}

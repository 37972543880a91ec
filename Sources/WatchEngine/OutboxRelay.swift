import Logging
import RecoveryCore
import ServiceLifecycle

/// Hands journalled events to one sink in their order and notes them as delivered after the sink said yes: an event is
/// told after a crash, and told again only when the crash fell between the two.
///
/// Each sink has a relay of its own: one that is stuck holds up nobody else, and misses nothing.
struct OutboxRelay: Service {
  let journal: any Journal
  let fence: Fence
  let sink: any AlertSink
  let alarm: Alarm
  let time: any TimeSource
  let logger: Logger

  private static let page = 256
  /// Where a ring was missed, if ever.
  private static let lookAgain: Duration = .seconds(30)
  /// A sink that says no for good is asked again so late.
  private static let refusedPause: Duration = .seconds(15 * 60)

  private static let backOff: BackOff = {
    var backOff = BackOff()
    backOff.first = .seconds(1)
    backOff.most = .seconds(5 * 60)
    return backOff
  }()

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var failures = 0
      var said: String?
      while !Task.isCancelled {
        do {
          guard try await relay() else {
            await alarm.wait(until: time.now + OutboxRelay.lookAgain, on: time)
            continue
          }
          if said != nil { logger.notice("a sink takes events again", metadata: ["sink": "\(sink.name)"]) }
          (failures, said) = (0, nil)
          if sink.pace > .zero { try? await time.sleep(until: time.now + sink.pace) }
        } catch {
          guard !Task.isCancelled else { return }
          failures += 1
          if said != "\(error)" { say(error) }
          said = "\(error)"
          try? await time.sleep(until: time.now + pause(after: failures, error))
        }
      }
    }
  }

  /// Tells everything that is left, without a pause. Throws what kept the sink from taking it.
  func drain() async throws {
    while try await relay() {}
  }

  /// False when there was nothing to tell.
  private func relay() async throws -> Bool {
    let events = try await journal.undelivered(to: sink.name, limit: OutboxRelay.page)
    var wanted: [RecordedEvent] = []
    var last: Int64?
    for event in events {
      if sink.filter.admits(event.event) {
        guard wanted.count < sink.batch else { break }
        wanted.append(event)
      }
      last = event.sequence
    }
    guard let last else { return false }
    if !wanted.isEmpty { try await sink.deliver(wanted) }
    try await journal.markDelivered(through: last, to: sink.name, fence: fence)
    return true
  }

  private func pause(after failures: Int, _ error: any Error) -> Duration {
    let wait = OutboxRelay.backOff.wait(after: failures, seed: sink.name)
    guard let error = error as? SinkError else { return wait }
    return max(wait, error.retryAfter ?? .zero, error.kind == .refused ? OutboxRelay.refusedPause : .zero)
  }

  /// Not an event: an event about the failing sink would have to go through it.
  private func say(_ error: any Error) {
    var keys: Logger.Metadata = ["sink": "\(sink.name)", "cause": "\(error)"]
    if let error = error as? SinkError { keys["remedy"] = "\(error.remedy)" }
    logger.error(
      error is JournalError
        ? "what a sink takes cannot be noted in the journal; it is told again"
        : "a sink does not take events; they are kept for it", metadata: keys)
  }
}

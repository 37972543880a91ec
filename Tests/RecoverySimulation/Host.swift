import RecoveryCore
import Synchronization
import WatchEngine

/// Where an instance runs: one process after the other, on one network, with clocks of its own.
final class Host {
  /// How a host stands with the database.
  enum Contact {
    case good
    /// Nothing arrives there.
    case none
    /// What is sent arrives, and no answer does.
    case deaf
  }

  let number: Int
  let clock: HostClock
  var process: InstanceLife?
  var runs = 0
  /// The processes stand still until then, and what they had to do comes late.
  var pausedUntil: Int64 = 0
  var contact = (state: Contact.good, until: Int64(0))
  var azureAwayUntil: Int64 = 0

  init(_ number: Int, clock: HostClock) {
    self.number = number
    self.clock = clock
  }
}

/// The clocks of a host: a wall clock that is off, and a steady one that drifts.
final class HostClock: TimeSource {
  private let ticks: Ticks
  private let drift: Double
  private let skew: Mutex<Int64>

  /// - Parameters:
  ///   - drift: how much faster the steady clock goes than it should.
  ///   - skew: milliseconds that the wall clock is off.
  init(_ ticks: Ticks, drift: Double, skew: Int64) {
    self.ticks = ticks
    self.drift = drift
    self.skew = Mutex(skew)
  }

  var now: Timestamp { ticks.time + .milliseconds(skew.withLock { $0 }) }
  var uptime: Duration { .milliseconds(ticks.now) * (1 + drift) }
  func jump(by milliseconds: Int64) { skew.withLock { $0 += milliseconds } }
  func sleep(until deadline: Timestamp) async throws {}
}

/// The time that all clocks are derived from.
final class Ticks: Sendable {
  private let start: Timestamp
  private let milliseconds = Atomic<Int64>(0)

  init(from start: Timestamp) { self.start = start }

  /// Milliseconds since the start.
  var now: Int64 { milliseconds.load(ordering: .relaxed) }
  var time: Timestamp { start + .milliseconds(now) }
  func set(_ now: Int64) { milliseconds.store(now, ordering: .relaxed) }
}

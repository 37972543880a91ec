public import RecoveryCore
import Synchronization

/// The clock that instances have in common: that of the place which keeps their leases. What one of them has written
/// down about a time means the same to the next, however their hosts' clocks differ.
public final class SharedTime: TimeSource {
  private let base: any TimeSource
  private let offset = Mutex(Duration.zero)

  public init(_ base: any TimeSource = SystemTime()) { self.base = base }

  public var now: Timestamp { base.now + offset.withLock { $0 } }

  public func sleep(until deadline: Timestamp) async throws {
    try await base.sleep(until: deadline - offset.withLock { $0 })
  }

  /// The host's own.
  package var ofHost: Timestamp { base.now }

  /// Goes by a time there that was told between two times of the host. How long the answer was on its way is not known
  /// better than that, and a difference which may come from that alone changes nothing.
  package func learn(_ there: Timestamp, between before: Timestamp, and after: Timestamp) {
    let half = (after - before) / 2
    let found = there - (before + half)
    offset.withLock { offset in
      let change = found > offset ? found - offset : offset - found
      if change > half + .milliseconds(10) { offset = found }
    }
  }
}

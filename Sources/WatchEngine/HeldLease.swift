package import RecoveryCore
import Synchronization

/// The lease of a vault while it is held, between who renews it and who acts by it.
package final class HeldLease: Sendable {
  private let term: Mutex<LeaseTerm>
  private let uptime: @Sendable () -> Duration

  /// - Parameter uptime: a clock that only goes forward, and goes on while the process is stopped.
  package init(of span: Duration, uptime: @escaping @Sendable () -> Duration) {
    term = Mutex(LeaseTerm(of: span))
    self.uptime = uptime
  }

  package func renew(for remaining: Duration, asked: Duration) {
    term.withLock { $0.renew(for: remaining, asked: asked) }
  }

  package func revoke() { term.withLock { $0.revoke() } }

  package var tenure: Tenure {
    Tenure { [self] in term.withLock { $0.allowance(at: uptime()) } }
  }
}

import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// Ends the process when the watch does not end by itself. A journal that does not answer may hold up a commit for as long
/// as it wants; what was not written down by then is found out by the next start, as after a crash.
final class LastResort: Service {
  private let logger: Logger
  private let isOver = Mutex(false)

  /// More than everything that has a time of its own takes on the way down.
  private static let patience: Duration = .seconds(5)

  init(logger: Logger) { self.logger = logger }

  func run() async throws {
    try await gracefulShutdown()
    // Nobody waits for it: it is there in case that everybody is waited for.
    Task.detached { [self] in
      try? await Task.sleep(for: LastResort.patience)
      guard !isOver.withLock({ $0 }) else { return }
      logger.warning("ended without waiting for the journal any longer", metadata: ["waited": "\(LastResort.patience)"])
      exit(0)
    }
  }

  /// The watch has ended.
  func dismiss() { isOver.withLock { $0 = true } }
}

import Logging
import RecoveryCore
import ServiceLifecycle

/// Forgets what is older than the history is kept, so that years of watching do not fill a disk.
struct HistoryKeeper: Service {
  let journal: any Journal
  let fence: Fence
  let keep: Duration
  let time: any TimeSource
  let logger: Logger

  private static let pause: Duration = .seconds(6 * 3600)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do throws(JournalError) {
          _ = try await journal.prune(before: time.now - keep, fence: fence)
        } catch {
          logger.error("old events cannot be forgotten", metadata: ["cause": "\(error.message)"])
        }
        try? await time.sleep(until: time.now + HistoryKeeper.pause)
      }
    }
  }
}

import Logging
import RecoveryCore
import ServiceLifecycle

/// Looks once a second at what stands, and has the fleet say what has become different: one alert for all that
/// happens in a failover, and its end.
struct AlertKeeper: Service {
  let fleet: Fleet
  let sweeps: SweepBoard
  let policy: AlertPolicy
  let time: any TimeSource
  let logger: Logger

  private static let pause: Duration = .seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var standing: JournalError?
      while !Task.isCancelled {
        do throws(JournalError) {
          try await fleet.alert(await sweeps.unreadable, under: policy, at: time.now)
          standing = nil
        } catch {
          if error != standing { logger.error("alerts cannot be raised", metadata: ["cause": "\(error.message)"]) }
          standing = error
        }
        try? await time.sleep(until: time.now + AlertKeeper.pause)
      }
    }
  }
}

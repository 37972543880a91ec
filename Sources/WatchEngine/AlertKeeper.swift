import RecoveryCore
import ServiceLifecycle

/// Looks once a second at what stands, and has the fleet say what has become different: one alert for all that
/// happens in a failover, and its end.
struct AlertKeeper: Service {
  let fleet: Fleet
  let sweeps: SweepBoard
  let policy: AlertPolicy
  let time: any TimeSource
  let voice: JournalVoice

  private static let pause: Duration = .seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do throws(JournalError) {
          try await fleet.alert(await sweeps.unreadable, under: policy, at: time.now)
        } catch {
          voice.failed("alerts cannot be raised", error)
        }
        try? await time.sleep(until: time.now + AlertKeeper.pause)
      }
    }
  }
}

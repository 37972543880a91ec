import Logging
import RecoveryCore
import ServiceLifecycle
import Synchronization
import UnixSignals
import WatchEngine

/// Reads the configuration again on SIGHUP. All or nothing: with anything wrong in it the watch goes on as it was.
///
/// It ends when there is a new configuration to go on with, and with it the watch; the next one begins where this one
/// ended, as after any other start.
struct Reloader: Service {
  let current: Configuration
  let load: @Sendable () throws -> Configuration
  let watch: any WatchFace
  let accepted: Accepted

  /// What to go on with; nil when the daemon is to end.
  final class Accepted: Sendable {
    private let configuration = Mutex<Configuration?>(nil)
    func put(_ next: Configuration) { configuration.withLock { $0 = next } }
    func take() -> Configuration? { configuration.withLock { $0.take() } }
  }

  private struct NeedsRestart: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
  }

  func run() async throws {
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    for await _ in hangups.cancelOnGracefulShutdown() {
      do {
        let next = try load()
        guard next.state == current.state else {
          throw NeedsRestart(message: "another state directory needs a restart: \(current.state) is in use")
        }
        guard next.journal == current.journal else {
          throw NeedsRestart(message: "another journal needs a restart: the one that is in use goes on")
        }
        if let refusal = await watch.refusal() {
          throw NeedsRestart(message: "the journal takes no changes (\(refusal.cause)): reload again when it does")
        }
        // What would fail at a start fails now, while the old one still runs.
        _ = try Assembly(configuration: next).cloud()
        let changes = ConfigurationChanges.between(current, next)
        let words = changes.isEmpty ? "none" : changes.joined(separator: "; ")
        await watch.tell(.configurationReloaded, ["changes": words])
        guard !changes.isEmpty else { continue }
        accepted.put(next)
        return
      } catch {
        await watch.tell(
          .configurationRefused,
          ["cause": "\(error)", "remedy": "Correct the file and reload again; what was read before goes on."])
      }
    }
  }
}

import RecoveryCore
import ServiceLifecycle
import Synchronization
import WatchEngine

/// Does what the host asks for by signals. It ends, and with it the watch, when the process is to end or when there is a
/// new configuration to go on with; the next watch begins where this one ended, as after any other start.
///
/// A reload is all or nothing: with anything wrong in the configuration the watch goes on as it was.
struct HostRequests: Service {
  let signals: HostSignals
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
    for await _ in signals.bell().cancelOnGracefulShutdown() {
      while let request = signals.take() {
        if request == .end { return }
        guard let next = await reload() else { continue }
        accepted.put(next)
        return
      }
    }
  }

  /// Nil when the watch goes on as it is.
  private func reload() async -> Configuration? {
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
      return changes.isEmpty ? nil : next
    } catch {
      await watch.tell(
        .configurationRefused,
        ["cause": "\(error)", "remedy": "Correct the file and reload again; what was read before goes on."])
      return nil
    }
  }
}

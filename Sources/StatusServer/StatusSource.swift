public import RecoveryCore
import Reporting
public import WatchEngine

/// What the server shows: the running watch, and the journal for whatever is past.
public struct StatusSource: Sendable {
  let watch: any WatchFace
  let journal: any Journal
  let time: any TimeSource
  let mode: String
  let version: String

  public init(
    watch: any WatchFace, journal: any Journal, mode: String, version: String, time: any TimeSource = SystemTime()
  ) {
    self.watch = watch
    self.journal = journal
    self.mode = mode
    self.version = version
    self.time = time
  }

  func snapshot() async -> FleetSnapshot {
    var snapshot = FleetSnapshot(
      at: time.now, states: await watch.states(), brakes: await watch.brakes(), alerts: await watch.alerts(),
      sweeps: Array(await watch.costs().latest.values))
    snapshot.leases = await watch.sharing()?.picture
    return snapshot
  }

  /// Why the watch is not ready to be relied on; nil when it is: every vault was read through, and lately, and what
  /// follows from it can be written down.
  func unreadiness() async -> String? {
    if let refusal = await watch.refusal() {
      return "the journal takes no changes since \(refusal.since.iso8601): \(refusal.cause)"
    }
    let succeeded = await watch.costs().succeeded
    let late = watch.vaults.filter { vault in
      guard let last = succeeded[vault] else { return true }
      return time.now - last > watch.lateAfter
    }
    guard !late.isEmpty else { return nil }
    return late.map { vault in
      succeeded[vault].map { "vault \(vault.name) was last read at \($0.iso8601)" }
        ?? "vault \(vault.name) was not read yet"
    }
    .joined(separator: "; ")
  }
}

import RecoveryCore
import ServiceLifecycle
import WatchEngine

/// Reads the whole journal once, beside the watch: a start does not wait for a story of a million events to be checked.
/// Damage in the story is told; damage in what is decided by ends the watch, as it would have kept it from starting.
struct JournalInspection: Service {
  let journal: any Journal
  let watch: any WatchFace

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      try await journal.inspectWhatDecides()
      do throws(JournalError) {
        try await journal.inspect()
      } catch {
        await watch.tell(
          .journalDamaged,
          [
            "cause": error.message,
            "remedy": "Stop the daemon, keep the file, and restore the last backup: aftercare state restore.",
          ])
      }
    }
    // A service that ends while its group is stopped ends the group with an error.
    try await gracefulShutdown()
  }
}

import PostgresJournal
import RecoveryCore

/// What the journal knows of the items.
struct Memory: Sendable {
  private var journal: (any Journal)?
  private var states: [ItemKey: ItemState] = [:]
  private var index = ItemIndex()

  /// Reads it beside a running daemon, or without one.
  static func read(_ configuration: Configuration, at now: Timestamp) async -> (Memory, CheckResult) {
    let path = place(of: configuration)
    var memory = Memory()
    guard configuration.journal != nil || HostChecks.exists(path) else {
      return (
        memory, .pass(.journal, path, "none yet: the first start makes it, and what was learned is not known before")
      )
    }
    do throws(JournalError) {
      let journal = try Assembly(configuration: configuration).journalForReading()
      let image = try await journal.load()
      memory.journal = journal
      for state in image.items where !state.key.isDrill {
        memory.states[state.key] = state
        memory.index.update(state)
      }
      let swept = try await journal.sweeps().map(\.ended).max()
      return (memory, opened(path, memory.states.count, silentFor: swept.map { now - $0 }, configuration))
    } catch {
      return (memory, failed(path, error, configuration))
    }
  }

  /// A database is named without its URL, which may hold a password.
  private static func place(of configuration: Configuration) -> String {
    guard configuration.journal != nil else { return configuration.state + "/journal.sqlite" }
    return (try? Assembly(configuration: configuration).database(.readOnly).place) ?? "journal"
  }

  private static func opened(
    _ path: String, _ items: Int, silentFor silence: Duration?, _ configuration: Configuration
  ) -> CheckResult {
    guard let silence, silence > max(.seconds(600), configuration.watch.items * 5) else {
      return .pass(.journal, path, "opens; \(items) items")
    }
    return .warn(
      .journal, path, "opens; \(items) items; no vault was looked at for \(silence.brief)",
      remedy: "Start the daemon: systemctl start aftercare.")
  }

  private static func failed(
    _ path: String, _ error: JournalError, _ configuration: Configuration
  ) -> CheckResult {
    switch error.code {
    case .tooNew: .fail(.journal, path, error.message, remedy: "Use the aftercare that wrote it, or a newer one.")
    case .damaged: .fail(.journal, path, error.message, remedy: "aftercare state restore, from a backup.")
    case .cannotOpen where configuration.journal == nil && HostChecks.isReadable(path):
      // Of an older version: the next start brings it up to date.
      .warn(.journal, path, error.message, remedy: "Start `aftercare run` once.")
    // The message says itself what to do.
    case _ where configuration.journal != nil: .fail(.journal, path, error.message, remedy: "See docs/postgres.md.")
    default: .fail(.journal, path, error.message, remedy: "Check as the user that the daemon runs as.")
    }
  }

  func state(of item: ProtectedItem) -> (key: ItemKey, state: ItemState?) {
    let key = index.key(of: item)
    return (key, states[key])
  }

  func baseline(of key: ItemKey) async -> Baseline? {
    (try? await journal?.baseline(of: key)) ?? nil
  }
}

public import RecoveryCore
import SQLiteJournal

/// Backups of the state directory, the way back, and the way into another place. Each says in words what it did.
public struct StateCopies: Sendable {
  let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public func backUp(to file: String, overwriting: Bool) throws(JournalError) -> String {
    try refuseDatabase("pg_dump makes its backups")
    let summary = try JournalDatabase.backUp(directory: configuration.state, to: file, overwriting: overwriting)
    return "\(file): \(words(summary))"
  }

  public func restore(from file: String, overwriting: Bool) throws(JournalError) -> String {
    try refuseDatabase("pg_restore puts its backups back")
    let restored = try JournalDatabase.restore(
      directory: configuration.state, from: file, overwriting: overwriting, at: SystemNow.timestamp)
    return "restored \(words(restored.summary))" + (restored.replaced.map { "; what was there is now \($0)" } ?? "")
  }

  /// A file that nobody uses would seem to be the journal's.
  private func refuseDatabase(_ instead: String) throws(JournalError) {
    guard configuration.journal != nil else { return }
    throw JournalError(
      .cannotOpen,
      "the journal is a database (journal: in the configuration), and no file: \(instead) (docs/postgres.md, \"Backup\"). "
        + "Into a state directory it is copied by `aftercare state copy --back`")
  }

  private func words(_ summary: JournalSummary) -> String {
    "\(summary.items) items, \(summary.events) events" + (summary.newest.map { " up to \($0.iso8601)" } ?? "")
  }
}

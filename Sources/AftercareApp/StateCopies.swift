public import RecoveryCore
import SQLiteJournal

/// Backups of the state directory, and the way back. Each says in words what it did.
public struct StateCopies: Sendable {
  private let directory: String

  public init(configuration: Configuration) { directory = configuration.state }

  public func backUp(to file: String, overwriting: Bool) throws(JournalError) -> String {
    let summary = try JournalDatabase.backUp(directory: directory, to: file, overwriting: overwriting)
    return "\(file): \(words(summary))"
  }

  public func restore(from file: String, overwriting: Bool) throws(JournalError) -> String {
    let restored = try JournalDatabase.restore(
      directory: directory, from: file, overwriting: overwriting, at: SystemNow.timestamp)
    return "restored \(words(restored.summary))" + (restored.replaced.map { "; what was there is now \($0)" } ?? "")
  }

  private func words(_ summary: JournalSummary) -> String {
    "\(summary.items) items, \(summary.events) events" + (summary.newest.map { " up to \($0.iso8601)" } ?? "")
  }
}

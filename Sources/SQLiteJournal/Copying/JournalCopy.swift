public import RecoveryCore

/// What a backup holds, for the person who made it or is about to restore it.
public struct JournalSummary: Hashable, Sendable, Codable {
  public let items: Int
  public let events: Int
  /// When the newest event happened.
  public let newest: Timestamp?
}

/// A journal in one file, away from the daemon: how it is made, and how it becomes the journal again.
enum JournalCopy {
  static func existing(_ file: String) throws(JournalError) {
    guard DurableFile.exists(file) else {
      throw JournalError(.cannotOpen, "there is no file \(file); name one that `aftercare state backup` has written")
    }
  }

  static func refuseToReplace(_ file: String) throws(JournalError) {
    guard !DurableFile.exists(file) else {
      throw JournalError(.cannotOpen, "\(file) is there already; name another file, or replace it with --force")
    }
  }
}

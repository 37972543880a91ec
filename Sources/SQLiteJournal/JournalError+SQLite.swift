import GRDB
import JournalFormat
import RecoveryCore

extension JournalError {
  /// What went wrong with the file at `path`, in words that name it and say what to do.
  init(_ error: any Error, file path: String, isBackup: Bool = false) {
    let remedy = isBackup ? JournalError.remedyForBackup : JournalError.remedy(for: path)
    switch error {
    case let known as JournalError: self = known
    case let damage as DamagedFile: self.init(.damaged, "\(path) is damaged: \(damage.finding). \(remedy)")
    case let row as DamagedRow:
      self.init(
        .damaged, "\(path): row '\(row.key)' of table '\(row.table)' cannot be understood: \(row.reason). \(remedy)")
    case let database as DatabaseError: self.init(database, at: path, remedy)
    case is RowDecodingError: self.init(.damaged, "\(path): a row has a value of the wrong type. \(remedy)")
    default: self.init(.failed, "\(path): \(error)")
    }
  }

  static func tooNew(_ path: String) -> JournalError {
    JournalError(
      .tooNew,
      "\(path) was written by a newer aftercare than this one. Use that version, or one after it; "
        + "this one will not guess at what the file means.")
  }

  private init(_ error: DatabaseError, at path: String, _ remedy: String) {
    let words = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_FULL:
      self.init(
        .full, "\(path): \(words). Free space on the disk; nothing was written, and what is in the journal is whole.")
    case .SQLITE_READONLY:
      self.init(.readOnly, "\(path): \(words). Check the owner of the file and whether its disk is mounted read-only.")
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
      self.init(
        .cannotOpen,
        "\(path): \(words). Check that this user may read and enter the directory; a reader also needs the files "
          + "ending in -wal and -shm, or the right to create them.")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self.init(.damaged, "\(path) is damaged: \(words). \(remedy)")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .failed, "\(path): \(words). Another program holds the file; close it (a backup or an sqlite3 shell, perhaps).")
    case .SQLITE_IOERR:
      self.init(
        .failed, "\(path): \(words) (code \(error.extendedResultCode.rawValue)). Check the disk and the system's log.")
    default: self.init(.failed, "\(path): \(words) (code \(error.extendedResultCode.rawValue))")
    }
  }

  private static func remedy(for path: String) -> String {
    "Stop aftercare and restore a backup (`aftercare state restore`), or move the file away together with those ending "
      + "in -wal and -shm (\(path)*) and start again: items are then learnt anew from Azure, and history is lost."
  }

  private static let remedyForBackup = "Take another backup; the journal is as it was."
}

/// A file that is not as aftercare wrote it.
struct DamagedFile: Error {
  let finding: String
}

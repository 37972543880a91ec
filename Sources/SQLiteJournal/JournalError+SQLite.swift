import GRDB
import RecoveryCore

extension JournalError {
  /// What went wrong with the file at `path`, in words that name it and say what to do.
  init(_ error: any Error, file path: String) {
    switch error {
    case let known as JournalError: self = known
    case let row as DamagedRow:
      self.init(
        .damaged,
        "\(path): row '\(row.key)' of table '\(row.table)' cannot be understood: \(row.reason). "
          + JournalError.remedyForDamage(path))
    case let database as DatabaseError: self.init(database, at: path)
    case is RowDecodingError:
      self.init(.damaged, "\(path): a row has a value of the wrong type. " + JournalError.remedyForDamage(path))
    default: self.init(.failed, "\(path): \(error)")
    }
  }

  static func damaged(_ path: String, _ finding: String) -> JournalError {
    JournalError(.damaged, "\(path) is damaged: \(finding). " + remedyForDamage(path))
  }

  static func tooNew(_ path: String) -> JournalError {
    JournalError(
      .tooNew,
      "\(path) was written by a newer aftercare than this one. Use that version, or one after it; "
        + "this one will not guess at what the file means.")
  }

  private init(_ error: DatabaseError, at path: String) {
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
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path, words)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .failed, "\(path): \(words). Another program holds the file; close it (a backup or an sqlite3 shell, perhaps).")
    case .SQLITE_IOERR:
      self.init(
        .failed, "\(path): \(words) (code \(error.extendedResultCode.rawValue)). Check the disk and the system's log.")
    default: self.init(.failed, "\(path): \(words) (code \(error.extendedResultCode.rawValue))")
    }
  }

  private static func remedyForDamage(_ path: String) -> String {
    "Stop aftercare and restore the file from a backup, or move it away together with the files ending in -wal and "
      + "-shm (\(path)*) and start again: items are then learnt anew from Azure, and history is lost."
  }
}

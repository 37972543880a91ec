import GRDB
public import RecoveryCore

extension JournalDatabase {
  public struct Restored: Hashable, Sendable, Codable {
    public let summary: JournalSummary
    /// Where the journal is that was there before; nil when there was none.
    public let replaced: String?
  }

  /// Puts a backup in the place of the journal, and keeps that beside it under a name with the time.
  ///
  /// Refused while a daemon has the directory. A daemon of another host that shares it is fenced: its next write is
  /// refused, in the replaced journal as well as in this one. The numbers of events go on where the replaced ones ended.
  @discardableResult
  public static func restore(
    directory: String, from file: String, overwriting: Bool, at now: Timestamp
  ) throws(JournalError) -> Restored {
    try JournalCopy.existing(file)
    try StateDirectory.create(directory)
    let lock = try WriterLock(directory: directory)
    defer { withExtendedLifetime(lock) {} }
    let path = directory + "/" + JournalStore.fileName
    let holder = "aftercare state restore"
    if !overwriting { try JournalCopy.refuseToReplace(path) }
    let partial = path + ".restoring"
    for suffix in ["", "-wal", "-shm"] { DurableFile.remove(partial + suffix) }
    do {
      // What is checked is what is taken, whatever happens to the file meanwhile.
      for suffix in ["", "-wal"] where DurableFile.exists(file + suffix) {
        try DurableFile.copy(file + suffix, to: partial + suffix)
      }
      try WriteAheadLog.check(beside: partial)
      let summary = try JournalCopy.check(partial, named: file)
      let end = JournalCopy.retire(path, by: holder, at: now)
      try JournalCopy.succeed(partial, to: end, by: holder, at: now)
      let replaced = try JournalCopy.setAside(path, at: now)
      try DurableFile.rename(partial, to: path)
      return Restored(summary: summary, replaced: replaced)
    } catch {
      for suffix in ["", "-wal", "-shm"] { DurableFile.remove(partial + suffix) }
      throw JournalError(error, file: file, isBackup: true)
    }
  }
}

extension JournalCopy {
  /// Where a journal ended: a successor's fence and numbers go on from there.
  struct End {
    var token: Int64 = 0
    var sequence: Int64 = 0
  }

  /// Fences whoever still writes to the journal, and folds its log into it. A journal that cannot be opened has no end;
  /// nobody can write to it either.
  static func retire(_ path: String, by holder: String, at now: Timestamp) -> End {
    // A log that SQLite would shorten is left as it is, for whoever wants to look into it.
    guard DurableFile.exists(path), (try? WriteAheadLog.check(beside: path)) != nil,
      let queue = try? DatabaseQueue(path: path)
    else { return End() }
    defer { try? queue.close() }
    let end = try? queue.write { db in
      End(
        token: try FenceTable.acquire(db, holder: holder, at: now).token,
        sequence: try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0)
    }
    return end ?? End()
  }

  /// Makes the copy go on after the end of what it replaces, in one file without a log.
  static func succeed(_ partial: String, to end: End, by holder: String, at now: Timestamp) throws {
    let queue = try DatabaseQueue(path: partial)
    try queue.write { db in
      let fence = try FenceTable.acquire(db, holder: holder, at: now)
      if fence.token <= end.token {
        try db.execute(sql: "UPDATE fence SET token = ? WHERE id = 1", arguments: [end.token + 1])
      }
      try db.execute(
        sql: "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'event'", arguments: [end.sequence])
    }
    _ = try queue.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") }
    try queue.close()
  }

  /// Gives the journal a second name; its own goes to the copy in one step. Its log, if one is left, moves before: it
  /// belongs to that file and would ruin another.
  static func setAside(_ path: String, at now: Timestamp) throws(JournalError) -> String? {
    guard DurableFile.exists(path) else { return nil }
    let aside = path + ".replaced-" + now.iso8601.filter { $0 != ":" }
    try DurableFile.link(path, to: aside)
    for suffix in ["-wal", "-shm"] where DurableFile.exists(path + suffix) {
      try DurableFile.rename(path + suffix, to: aside + suffix)
    }
    return aside
  }
}

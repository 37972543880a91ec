import GRDB
public import RecoveryCore

extension JournalDatabase {
  /// Writes the journal as it is at this moment into one file, while the daemon goes on. The file is for its owner alone,
  /// was read back when this returns, and is whole or not there.
  @discardableResult
  public static func backUp(
    directory: String, to file: String, overwriting: Bool
  ) throws(JournalError) -> JournalSummary {
    if !overwriting { try JournalCopy.refuseToReplace(file) }
    let store = try JournalStore.openForReading(directory: directory)
    defer { store.close() }
    let partial = file + ".partial"
    // What an earlier backup left when it was killed.
    DurableFile.remove(partial)
    defer { DurableFile.remove(partial) }
    // SQLite fills an empty file, and would create one that everybody may read.
    try StateDirectory.createPrivateFile(partial)
    do {
      // One read transaction: a commit of the daemon is in it whole or not at all.
      try store.reader.unsafeRead { db in try db.execute(sql: "VACUUM INTO ?", arguments: [partial]) }
      let summary = try JournalCopy.check(partial, named: file)
      try DurableFile.rename(partial, to: file)
      return summary
    } catch {
      // What is wrong with the copy is wrong with the journal.
      throw JournalError(error, file: store.path)
    }
  }
}

extension JournalCopy {
  /// Reads the whole copy: its structure, its schema's age, and the checksum of each row.
  static func check(_ path: String, named name: String) throws -> JournalSummary {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    return try queue.read { db in
      try JournalCheck.structure(db)
      try JournalStore.refuseUnknown(try JournalSchema.age(of: db), name)
      try JournalCheck.rows(db)
      let newest = try Int64.fetchOne(db, sql: "SELECT max(at) FROM event")
      return JournalSummary(
        items: try Int.fetchOne(db, sql: "SELECT count(*) FROM item") ?? 0,
        events: try Int.fetchOne(db, sql: "SELECT count(*) FROM event") ?? 0,
        newest: newest.map(Timestamp.init(milliseconds:)))
    }
  }
}

import FoundationEssentials
import GRDB
import JournalFormat
import RecoveryCore

extension JournalStore {
  static let fileName = "journal.sqlite"

  /// A database has one page at least.
  private static let smallestPage = 512

  /// How long a connection waits for a lock that another program holds.
  private static let patience: Double = 5

  /// Creates the directory and the file where they are missing, takes the lock, checks the file, and brings its schema
  /// up to date.
  static func openForWriting(directory: String) throws(JournalError) -> JournalStore {
    try StateDirectory.create(directory)
    let lock = try WriterLock(directory: directory)
    let seal = try OperationSeal(directory: directory)
    let path = directory + "/" + fileName
    do {
      try refuseRemains(path)
      let isNew = try StateDirectory.createPrivateFile(path)
      // A start that fails, perhaps because the disk is full, leaves no empty file to be taken for a cut one.
      defer { if isNew, DurableFile.size(path) == 0 { DurableFile.remove(path) } }
      try WriteAheadLog.check(beside: path)
      var configuration = Configuration()
      configuration.foreignKeysEnabled = true
      configuration.busyMode = .timeout(patience)
      configuration.label = "journal"
      let pool = try DatabasePool(path: path, configuration: configuration)
      // After opening, because opening a pool sets it to NORMAL, under which a commit may be lost with the power.
      try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
      let age = try pool.read { db in
        try JournalCheck.state(db)
        let age = try JournalSchema.age(of: db)
        try refuseUnknown(age, path)
        // What is to be made anew of the rows is checked first.
        if age != .current { try JournalCheck.fleet(db) }
        return age
      }
      try JournalSchema.migrator.migrate(pool)
      try pool.read { db in try JournalCheck.schema(db) }
      // They outlive the opening, and end with the store. The first goes on beside the start, up to where all states are
      // read; what is found by an index waits for the second.
      let fleet =
        age == .current ? LaterCheck { try await pool.read { db in try JournalCheck.fleet(db) } } : nil
      fleet?.begin()
      let indices = LaterCheck { try await pool.read { db in try JournalCheck.indices(db) } }
      return JournalStore(
        path: path, reader: pool, writer: pool, lock: lock, seal: seal, fleet: fleet, indices: indices)
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// SQLite would take what is left of a journal for a new one, and delete its log.
  private static func refuseRemains(_ path: String) throws(DamagedFile) {
    guard let size = DurableFile.size(path) else {
      if DurableFile.size(path + "-wal") ?? 0 > 0 { throw DamagedFile(finding: "only its log, -wal, is there") }
      return
    }
    guard size >= smallestPage else { throw DamagedFile(finding: "only \(size) bytes are left of it") }
    // A file whose log is to be read may be shorter than it will be.
    if DurableFile.size(path + "-wal") ?? 0 == 0, let whole = DurableFile.wholeSize(ofDatabase: path), size < whole {
      throw DamagedFile(finding: "only \(size) of \(whole) bytes are left of it")
    }
  }

  /// Opens a file that must exist. It sees each commit of the writer from the moment it is done.
  static func openForReading(directory: String) throws(JournalError) -> JournalStore {
    let path = try existing(directory)
    do {
      let queue = try openBeside(path, isReadOnly: true)
      return JournalStore(path: path, reader: queue, writer: nil, lock: nil, seal: nil)
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// Opens a file that must exist for writing orders, beside the writer that holds the lock.
  static func openForOrders(directory: String) throws(JournalError) -> JournalStore {
    let path = try existing(directory)
    do {
      let queue = try openBeside(path, isReadOnly: false)
      try queue.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
      return JournalStore(path: path, reader: queue, writer: queue, lock: nil, seal: nil)
    } catch {
      throw JournalError(error, file: path)
    }
  }

  /// Opens a file that must exist and keeps its writer away. Who gives orders is kept away by the transaction that the
  /// caller begins, and leaves open until it has read all.
  static func openForCopying(directory: String) throws(JournalError) -> JournalStore {
    let path = try existing(directory)
    let lock = try WriterLock(directory: directory)
    do {
      try refuseRemains(path)
      try WriteAheadLog.check(beside: path)
      let queue = try openBeside(path, isReadOnly: false, staysInTransaction: true)
      return JournalStore(
        path: path, reader: queue, writer: queue, lock: lock, seal: OperationSeal(existingIn: directory))
    } catch {
      throw JournalError(error, file: path)
    }
  }

  private static func existing(_ directory: String) throws(JournalError) -> String {
    let path = directory + "/" + fileName
    guard FileManager.default.fileExists(atPath: path) else {
      throw JournalError(
        .cannotOpen, "no journal at \(path): has `aftercare run` been started with this configuration?")
    }
    return path
  }

  private static func openBeside(
    _ path: String, isReadOnly: Bool, staysInTransaction: Bool = false
  ) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = staysInTransaction
    configuration.readonly = isReadOnly
    configuration.busyMode = .timeout(patience)
    configuration.label = isReadOnly ? "journal.reader" : "journal.orders"
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let age = try queue.read { db in try JournalSchema.age(of: db) }
    try refuseUnknown(age, path)
    guard age == .current else {
      throw JournalError(
        .cannotOpen,
        "\(path) is empty, or was written by an older aftercare: it is brought up to date by the next start of "
          + "`aftercare run`")
    }
    return queue
  }

  static func refuseUnknown(_ age: JournalSchema.Age, _ path: String) throws {
    switch age {
    case .newer: throw JournalError.tooNew(path)
    case .unknown: throw DamagedFile(finding: "its list of schema versions is none that any aftercare wrote")
    case .older, .current: return
    }
  }
}

import AzureCloud
import Glibc
import PostgresJournal
public import RecoveryCore
import SQLiteJournal

/// Where what is known for good is kept.
enum JournalPlace: Sendable {
  /// A file, which has one writer.
  case file(any Journal)
  /// A database, which instances share.
  case database(PostgresDatabase)
}

extension Assembly {
  /// The journal for who writes to it.
  func journalPlace() throws(JournalError) -> JournalPlace {
    guard configuration.journal != nil else { return .file(try journal()) }
    return .database(try database(.readWrite))
  }

  /// The journal as its one writer.
  func journal() throws(JournalError) -> any Journal {
    guard configuration.journal == nil else {
      throw JournalError(
        .locked, "the journal is a database that instances share: only `aftercare run` writes to it, vault by vault")
    }
    return crashing(try JournalDatabase(directory: configuration.state, access: .readWrite))
  }

  /// In a kill test, one that ends the process.
  func crashing(_ journal: any Journal) -> any Journal {
    crasher(at: .journal).map { CrashingJournal(base: journal, crasher: $0) } ?? journal
  }

  /// The journal for looking things up, while the daemon runs or when it does not.
  public func journalForReading() throws(JournalError) -> any Journal {
    guard configuration.journal != nil else {
      return try JournalDatabase(directory: configuration.state, access: .readOnly)
    }
    return try database(.readOnly).journal
  }

  /// The journal for giving the daemon an order, while it runs or before it is started again.
  public func journalForOrders() throws(JournalError) -> any Journal {
    guard configuration.journal != nil else {
      return try JournalDatabase(directory: configuration.state, access: .orders)
    }
    return try database(.orders).journal
  }

  /// Who looks after which vault; nil where nothing is shared.
  func leases() async throws(JournalError) -> LeasePicture? {
    guard configuration.journal != nil else { return nil }
    return try await database(.readOnly).leases.picture()
  }

  /// Connects to nothing yet.
  func database(_ access: PostgresDatabase.Access) throws(JournalError) -> PostgresDatabase {
    guard let journal = configuration.journal else {
      throw JournalError(.cannotOpen, "journal: names no database")
    }
    return try database(journal, access)
  }

  /// One that need not be the configured one.
  func database(
    _ journal: Configuration.Database, _ access: PostgresDatabase.Access
  ) throws(JournalError) -> PostgresDatabase {
    var password: (@Sendable () async throws -> String?)?
    if journal.entra {
      do {
        password = try azure().databasePassword()
      } catch {
        throw JournalError(.cannotOpen, "a token for the database cannot be asked for: \(error)")
      }
    } else if let text = journal.password {
      password = { text }
    }
    return try PostgresDatabase(
      .init(url: journal.url, password: password, sealSecret: journal.secret, leaseSpan: journal.lease),
      access: access)
  }

  /// What this process tells of itself to the others.
  static func instance() -> Instance {
    let host = SystemNow.host
    let run = String(UInt64.random(in: 0 ... .max), radix: 36).prefix(6)
    return Instance(
      id: InstanceID("\(host)-\(getpid())-\(run)"), host: host, version: Version.text, started: SystemNow.timestamp)
  }
}

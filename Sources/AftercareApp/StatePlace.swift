import FoundationEssentials
import JournalFormat
import PostgresJournal
import RecoveryCore
import SQLiteJournal

/// Where a whole state is kept.
enum StatePlace: Hashable, Sendable {
  case directory(String)
  case database(Configuration.Database)

  /// A path, or a database's URL. What the configuration says beside its own URL holds for that one alone.
  init(_ text: String, configuration: Configuration) throws(JournalError) {
    if text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") {
      let known = configuration.journal.flatMap { $0.url == text ? $0 : nil }
      self = .database(known ?? Configuration.Database(url: text))
    } else {
      // It may hold a password, so it is not repeated.
      guard !text.contains("://"), !text.isEmpty else {
        throw JournalError(
          .cannotOpen, "a place is the path of a directory, or a URL: postgresql://user@host:port/database")
      }
      self.init(directory: text)
    }
  }

  /// The same directory may have several names.
  init(directory: String) { self = .directory(URL(filePath: directory).standardizedFileURL.path) }

  /// What `journal:` says.
  init(configuredDatabase configuration: Configuration) throws(JournalError) {
    guard let journal = configuration.journal else {
      throw JournalError(
        .cannotOpen,
        "the configuration names no database: add journal: postgresql://user@host:port/database to it, or name the "
          + "place with --from or --to")
    }
    self = .database(journal)
  }

  func source(_ assembly: Assembly) async throws(JournalError) -> any ArchiveSource {
    switch self {
    case .directory(let path): return try await JournalDatabase.source(directory: path)
    case .database(let database):
      return try await assembly.database(database, .readOnly).source(watching: assembly.configuration.vaults)
    }
  }

  func target(_ assembly: Assembly) async throws(JournalError) -> any ArchiveTarget {
    switch self {
    case .directory(let path): return try JournalDatabase.target(directory: path, at: SystemNow.timestamp)
    case .database(let database):
      return try await assembly.database(database, .readWrite).target(watching: assembly.configuration.vaults)
    }
  }

  /// What makes a daemon use it.
  var use: String {
    switch self {
    case .directory(let path): "the configuration says state: \(path), and no journal:"
    case .database: "the configuration says journal: with its URL"
    }
  }
}

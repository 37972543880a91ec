package import JournalFormat
package import RecoveryCore

extension PostgresDatabase {
  /// The journal of all vaults, to be copied to elsewhere. Refused while an instance lives or a lease lasts.
  /// - Parameter vaults: those that are watched: an order that another one has not answered is not open for it.
  package func source(watching vaults: [ResourceID]) async throws(JournalError) -> any ArchiveSource {
    let transaction = OpenTransaction(try access.pool.beside(), database: access)
    let source = DatabaseSource(database: access, transaction: transaction, watched: Set(vaults.map(\.key)))
    try await source.begin()
    return source
  }

  /// A database in which nothing is yet, for a journal that is copied from elsewhere.
  /// - Parameter vaults: those that are watched: what holds for all holds for each of them.
  package func target(watching vaults: [ResourceID]) async throws(JournalError) -> any ArchiveTarget {
    let transaction = OpenTransaction(access.pool.writer, database: access)
    let target = DatabaseTarget(database: access, transaction: transaction, watched: Set(vaults.map(\.key)))
    try await target.begin()
    return target
  }
}

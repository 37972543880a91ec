import JournalFormat
public import RecoveryCore

/// The journal in a PostgreSQL database, for several instances side by side.
///
/// A vault is a shard: its rows are written by the one instance that holds its lease, under a fence that the database
/// itself checks. Whoever only looks sees all of them at once. Nothing is connected before it is needed, a lost
/// connection is made anew for what comes next, and at most four are open at a time.
public final class PostgresDatabase: Sendable {
  public enum Access: String, Sendable {
    /// Brings the schema up to date with the first connection.
    case readWrite
    /// For `status`, `events` and the like: changes nothing.
    case readOnly
    /// For `pause`, `approve` and the like: gives orders, and changes neither the schema nor anything that is fenced.
    case orders
  }

  let access: DatabaseAccess
  /// One a vault: it knows which of its commits were taken.
  private let shards = Locked<[ResourceID: ShardJournal]>([:])

  /// Where it is, for messages: hosts, database and user.
  public var place: String { access.address.description }

  /// How long a lease lasts without being renewed.
  public var leaseSpan: Duration { access.leaseSpan }

  /// Reads the URL and refuses one that would send what is written in the clear; connects to nothing.
  public init(_ configuration: Configuration, access: Access) throws(JournalError) {
    let address = try DatabaseAddress(url: configuration.url)
    let password = configuration.password
    let plan = ConnectionPlan(
      address: address, password: { try await password?() }, connectWithin: configuration.connectWithin,
      statementWithin: configuration.statementWithin, preparation: access == .readWrite ? .migrating : .checking,
      isReadOnly: access == .readOnly)
    self.access = DatabaseAccess(
      pool: try SessionPool(plan), address: address, seal: configuration.sealSecret.map { OperationSeal(secret: $0) },
      leaseSpan: configuration.leaseSpan, patience: configuration.statementWithin, access: access,
      onAwait: configuration.onAwait)
  }

  /// What is wrong with a URL, in words that repeat none of it; nil for one that can be used.
  public static func problem(with url: String) -> String? {
    do throws(JournalError) {
      _ = try DatabaseAddress(url: url)
      return nil
    } catch {
      return error.message
    }
  }

  /// Connects, and brings the schema up to date where it may. Whatever else is asked does the same by itself: this is
  /// for who wants to know at the start.
  public func open() async throws(JournalError) {
    do {
      try await access.pool.writer.perform { _ in }
    } catch {
      throw access.error(error)
    }
  }

  /// The journal of one vault, whose `acquire` takes the vault's lease. A fence is used with the database that gave it.
  public func journal(of vault: ResourceID) -> any Journal {
    shards.withLock { shards in
      if let known = shards[vault] { return known }
      let journal = ShardJournal(of: vault, database: access)
      shards[vault] = journal
      return journal
    }
  }

  /// All vaults as one, for looking things up and for orders.
  public var journal: any Journal { WholeJournal(database: access) }

  public var leases: any Leases { PostgresLeases(database: access) }
}

public import RecoveryCore

extension PostgresDatabase {
  /// Where the database is, and how long anything may take.
  public struct Configuration: Sendable {
    /// `postgresql://user@host:port/database?option=value`, with libpq's options.
    public var url: String
    /// Asked at each connect, so that a token that lasts for an hour can be given. Nil for the URL's own password. What
    /// it throws is repeated in errors, so it must name no secret.
    public var password: (@Sendable () async throws -> String?)?
    /// A text of which the key follows that seals the addresses of running operations, the same for all instances. Nil:
    /// they are not kept, and an operation is followed by its resource's own state after a restart.
    public var sealSecret: String?
    /// How long a lease lasts without being renewed.
    public var leaseSpan: Duration
    /// For each host that the URL names. The look-up of its name is the resolver's, and takes as long as that does.
    public var connectWithin: Duration = .seconds(10)
    public var statementWithin: Duration = .seconds(30)
    /// Told what keeps the outcome of a commit from being known, at each try. See `Journal.commit` of a shard.
    public var onAwait: @Sendable (JournalError) -> Void = { _ in }

    public init(
      url: String, password: (@Sendable () async throws -> String?)? = nil, sealSecret: String? = nil,
      leaseSpan: Duration
    ) {
      self.url = url
      self.password = password
      self.sealSecret = sealSecret
      self.leaseSpan = leaseSpan
    }
  }
}

/// Why the database did not do what it was asked for.
enum WireFailure: Error, Sendable {
  /// Nothing was sent: there is no connection, and why.
  case notConnected(ConnectFailure)
  /// The server said no, and has undone the transaction.
  case refused(Refusal)
  /// The connection ended, or the time was over, after something was sent: what came of it is not known.
  case lost(String)
}

/// Why there is no connection.
struct ConnectFailure: Error, Sendable {
  enum Kind: Sendable {
    case unreachable
    case timedOut
    /// No root certificate on this host, or one that is not the server's.
    case untrusted
    case wrongName
    case withoutTLS
    case noPassword
    /// A standby, where a server that takes writes is wanted.
    case readOnlyServer
    /// The server refused it, with its code.
    case refused(String)
    case schemaTooNew
    case schemaUnknown
    case schemaOlder
    case other
  }

  var kind: Kind
  /// In libpq's words, or the server's. They name host and user, and no secret.
  var words: String
}

/// A server's no.
struct Refusal: Error, Sendable {
  /// Five characters (PostgreSQL, "Error Codes").
  var code: String
  var message: String
  /// The connection is over with it.
  var isFatal: Bool
}

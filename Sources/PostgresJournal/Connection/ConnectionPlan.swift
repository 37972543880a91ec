import RecoveryCore

/// How a connection is made, again and again: to whom, as whom, how long to wait, and what must hold of the database.
struct ConnectionPlan: Sendable {
  /// What is done on a new connection before anything else is.
  enum Preparation: Sendable {
    /// The schema is brought up to date.
    case migrating
    /// The schema must be up to date.
    case checking
    /// Nothing is asked of the schema.
    case none
  }

  let address: DatabaseAddress
  let password: @Sendable () async throws -> String?
  let connectWithin: Duration
  let statementWithin: Duration
  var preparation: Preparation
  /// The server itself refuses what would change anything.
  var isReadOnly: Bool

  /// Tries each host in turn.
  func connect(password: String?) throws(WireFailure) -> Wire {
    var failure: ConnectFailure?
    for host in address.hosts {
      do throws(ConnectFailure) {
        let wire = try Wire(address.options(for: host, password: password), within: connectWithin)
        try prepare(wire)
        return wire
      } catch {
        // What a server says tells more than the silence of another.
        failure = failure.map { $0.isSilence ? error : $0 } ?? error
      }
    }
    throw .notConnected(failure ?? ConnectFailure(kind: .other, words: "no host is named"))
  }

  private func prepare(_ wire: Wire) throws(ConnectFailure) {
    do throws(WireFailure) {
      _ = try wire.ask([settings], within: connectWithin)
      switch preparation {
      case .migrating: try Migration(wire, within: statementWithin).run()
      case .checking: try Migration(wire, within: statementWithin).check()
      case .none: break
      }
      // Behind the migration: whichever connection is the first one brings the schema up to date.
      if isReadOnly { _ = try wire.ask([ConnectionPlan.readOnly], within: connectWithin) }
    } catch {
      switch error {
      case .notConnected(let failure): throw failure
      case .refused(let refusal): throw ConnectFailure(kind: .refused(refusal.code), words: refusal.message)
      case .lost(let words): throw ConnectFailure(kind: .unreachable, words: words)
      }
    }
  }

  /// Said by statement and not while connecting: a pooler between refuses what it does not know there.
  ///
  /// A commit waits for the disk, whatever the server or the role is set to; one that waits for a standby as well goes
  /// on doing so. The server gives up on a peer that is gone within a minute, and lets go of its locks. It cancels what
  /// takes too long a little before this side would stop listening, so that it can say so.
  private var settings: Statement {
    Statement(
      """
      SELECT set_config('statement_timeout', $1, false),
        set_config('idle_in_transaction_session_timeout', $1, false),
        set_config('tcp_keepalives_idle', '20', false), set_config('tcp_keepalives_interval', '10', false),
        set_config('tcp_keepalives_count', '3', false),
        set_config('synchronous_commit', CASE
          WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write') THEN 'on'
          ELSE current_setting('synchronous_commit') END, false)
      """, .number(statementWithin.inMilliseconds * 9 / 10))
  }

  private static let readOnly = Statement("SELECT set_config('default_transaction_read_only', 'on', false)")
}

extension ConnectFailure {
  fileprivate var isSilence: Bool {
    switch kind {
    case .unreachable, .timedOut: true
    default: false
    }
  }
}

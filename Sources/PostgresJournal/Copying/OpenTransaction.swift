import JournalFormat
import RecoveryCore

/// A transaction that stays open over many journeys, on a connection that nobody else uses meanwhile.
struct OpenTransaction: Sendable {
  /// What a whole table takes, or what is done elsewhere between two journeys.
  private static let patience = Duration.seconds(600)

  private let session: Session
  private let database: DatabaseAccess

  init(_ session: Session, database: DatabaseAccess) {
    self.session = session
    self.database = database
  }

  /// A lock is waited for no longer than any statement.
  func begin(_ beginning: Statement, _ lock: Statement) async throws(JournalError) {
    let patience = database.patience
    let settings = Statement(
      "SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)",
      .number(OpenTransaction.patience.inMilliseconds))
    do throws(WireFailure) {
      _ = try await session.perform { wire throws(WireFailure) in
        try wire.ask([beginning, lock, settings], within: patience)
      }
    } catch {
      throw database.error(error)
    }
  }

  /// Never on a connection that was made anew meanwhile: there it would be a transaction of its own.
  @discardableResult
  func ask(_ statements: [Statement]) async throws(JournalError) -> [ResultTable] {
    do throws(WireFailure) {
      return try await session.perform { wire throws(WireFailure) in
        guard wire.isInTransaction else { throw .lost("and with it the transaction, which is undone") }
        return try wire.ask(statements, within: OpenTransaction.patience)
      }
    } catch {
      throw database.error(error)
    }
  }

  @discardableResult
  func ask(_ statements: Statement...) async throws(JournalError) -> [ResultTable] { try await ask(statements) }

  /// Nobody is told: the server undoes it with the connection.
  func undo() async {
    let patience = database.patience
    _ = try? await session.perform { wire throws(WireFailure) in
      if wire.isInTransaction { _ = try wire.ask([.rollback], within: patience) }
    }
  }
}

extension OpenTransaction {
  /// Throws, with who it is, while an instance holds a vault here or lives.
  func refuseInstances(_ place: String) async throws(JournalError) {
    let tables = try await ask(
      Statement(
        """
        SELECT vault, holder, ceil(extract(epoch FROM expires_at - clock_timestamp()))::bigint FROM shard
        WHERE holder IS NOT NULL AND expires_at > clock_timestamp() ORDER BY vault LIMIT 1
        """),
      Statement(
        """
        SELECT id FROM instance WHERE seen_at + span_ms * interval '1 millisecond' > clock_timestamp()
        ORDER BY id LIMIT 1
        """))
    if let row = tables[0].first {
      throw JournalError(
        .locked,
        "\(place): vault \(row.text(0) ?? "?") is looked after by instance \(row.text(1) ?? "?") for another "
          + "\(row.number(2) ?? 0) s. Stop all instances; the lease of one that was killed ends by itself")
    }
    if let row = tables[1].first {
      throw JournalError(
        .locked, "\(place): instance \(row.text(0) ?? "?") uses it. Stop all instances; nothing was copied")
    }
  }
}

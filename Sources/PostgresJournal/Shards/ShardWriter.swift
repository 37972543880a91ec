import RecoveryCore

/// What is written of one shard under a fence: one transaction after the other, each known to have been taken, or known
/// not to have been, before the next one begins.
final class ShardWriter: Sendable {
  /// The last commit that is known to have been taken under a fence.
  private struct Place: Sendable {
    var token: Int64
    var commit: Int64
  }

  private enum Attempt: Sendable {
    case taken(Int64?)
    case unknown(commit: Int64)
  }

  private static let firstPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(15)
  /// Tries of what may be done twice.
  private static let tries = 3

  private let shard: String
  private let database: DatabaseAccess
  private let turnstile = Turnstile()
  private let place = Locked<Place?>(nil)

  init(shard: String, database: DatabaseAccess) {
    self.shard = shard
    self.database = database
  }

  // MARK: - Taking the right to write

  /// Takes the lease. Done twice, because the first answer was lost, it makes that one's fence stale and no more.
  func acquire(holder: String, telling sinks: Set<String>) async throws(JournalError) -> Fence {
    for _ in 1..<ShardWriter.tries {
      do throws(WireFailure) {
        return try await takeLease(holder: holder, telling: sinks)
      } catch {
        guard case .lost = error else { throw database.error(error) }
      }
    }
    do throws(WireFailure) {
      return try await takeLease(holder: holder, telling: sinks)
    } catch {
      throw database.error(error)
    }
  }

  private func takeLease(holder: String, telling sinks: Set<String>) async throws(WireFailure) -> Fence {
    let (shard, place, span) = (shard, place, database.leaseSpan.inMilliseconds)
    return try await database.pool.writer.perform { wire throws(WireFailure) in
      let patience = self.database.patience
      let taken = try wire.ask(
        [
          .begin,
          Statement(
            "SELECT new_token, last_number FROM aftercare_acquire($1, $2, $3)", .text(shard), .text(holder),
            .number(span)),
          // Nobody writes an event of this shard any more, so where the story ends it ends.
          SinkTable.newest,
        ], within: patience)
      guard let row = taken[1].first, let token = row.number(0), let commit = row.number(1) else {
        throw wire.abandon("the lease was given without a token")
      }
      let newest = taken[2].first?.number(0) ?? 0
      guard let keeping = try? SinkTable.keep(sinks, in: shard, newest: newest) else {
        throw wire.abandon("the place of a sink cannot be written")
      }
      _ = try wire.ask(keeping + [SweepTable.resetTotals(in: shard), .commit], within: patience)
      place.withLock { $0 = Place(token: token, commit: commit) }
      return Fence(token: token)
    }
  }

  // MARK: - Writing

  /// Runs statements as one transaction and returns the number that the last one gave, if it gave one.
  ///
  /// An error says that nothing was written. Where the connection ends after the COMMIT went out, nobody knows whether
  /// it was taken; then the database is asked until it answers, however long it takes, and what it did not take is sent
  /// again. See docs/decisions/0020-postgres-journal.md.
  func write(_ statements: [Statement], fence: Fence) async throws(JournalError) -> Int64? {
    try await turnstile.pass { () async throws(JournalError) in
      while true {
        switch try await attempt(statements, fence: fence) {
        case .taken(let result): return result
        case .unknown(let commit):
          if let settled = try await settle(commit, fence: fence) { return settled.result }
        }
      }
    }
  }

  private func attempt(_ statements: [Statement], fence: Fence) async throws(JournalError) -> Attempt {
    let (shard, place, patience) = (shard, place, database.patience)
    do throws(WireFailure) {
      return try await database.pool.writer.perform { wire throws(WireFailure) in
        let before = try ShardWriter.lastCommit(of: shard, fence, place, wire, patience)
        do throws(WireFailure) {
          let fencing = Statement(
            "SELECT aftercare_fence($1, $2, $3)", .text(shard), .number(fence.token), .number(before))
          let answers = try wire.transact([fencing] + statements, within: patience)
          place.withLock { $0 = Place(token: fence.token, commit: before + 1) }
          return .taken(statements.isEmpty ? nil : answers.last?.first?.number(0))
        } catch .lost {
          return .unknown(commit: before + 1)
        }
      }
    } catch {
      throw database.error(error)
    }
  }

  /// The number that the next commit follows. Who did not acquire the fence here has to ask.
  private static func lastCommit(
    of shard: String, _ fence: Fence, _ place: Locked<Place?>, _ wire: Wire, _ patience: Duration
  ) throws(WireFailure) -> Int64 {
    if let known = place.withLock({ $0 }), known.token == fence.token { return known.commit }
    do throws(WireFailure) {
      let asked = try wire.ask(
        [
          Statement(
            "SELECT last_commit FROM shard WHERE vault = $1 AND token = $2", .text(shard), .number(fence.token))
        ], within: patience)
      // Whatever it is under another fence: the write will be refused.
      return asked.first?.first?.number(0) ?? 0
    } catch .lost(let words) {
      // Nothing that writes was sent yet.
      throw .notConnected(ConnectFailure(kind: .unreachable, words: words))
    }
  }

  private struct Settled: Sendable {
    var result: Int64?
  }

  /// Whether a commit was taken, and what came of it; nil when it was not, and from now on cannot be.
  private func settle(_ commit: Int64, fence: Fence) async throws(JournalError) -> Settled? {
    let (shard, place, patience) = (shard, place, database.patience)
    var pause = ShardWriter.firstPause
    while true {
      do throws(WireFailure) {
        return try await database.pool.writer.perform { wire throws(WireFailure) in
          let asking = Statement(
            "SELECT is_there, result, last_number FROM aftercare_settle($1, $2, $3)", .text(shard),
            .number(fence.token), .number(commit))
          guard let row = try wire.ask([asking], within: patience).first?.first else {
            throw .lost("no answer about a commit")
          }
          place.withLock { $0 = Place(token: fence.token, commit: row.number(2) ?? commit) }
          return row.isTrue(0) ? Settled(result: row.number(1)) : nil
        }
      } catch {
        let error = database.error(error)
        if error.code == .fenced { throw error }
        database.awaiting(error)
      }
      await sleep(pause)
      pause = min(pause * 2, ShardWriter.longestPause)
    }
  }

  /// In a task of its own: a commit is waited for although its caller was told to stop.
  private func sleep(_ span: Duration) async {
    await Task { try? await Task.sleep(for: span) }.value
  }
}

/// Lets what encodes rows throw among what talks to the server.
func wireFailure<Value>(_ body: () throws -> Value) throws(WireFailure) -> Value {
  do {
    return try body()
  } catch {
    throw .refused(Refusal(code: "", message: "\(error)", isFatal: false))
  }
}

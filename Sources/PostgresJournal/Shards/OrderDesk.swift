import RecoveryCore

/// Takes orders of people. It needs no fence: whoever may write to the database may give one.
struct OrderDesk: Sendable {
  let database: DatabaseAccess

  private static let tries = 3

  /// Tried again where the answer was lost on the way: the order carries a key, and is there once.
  func give(_ order: Order, to shard: String?) async throws(JournalError) -> Int64 {
    try database.refuseToWrite()
    let key =
      String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let patience = database.patience
    do {
      let statement = try OrderTable.give(order, key: key, to: shard)
      for turn in 1...OrderDesk.tries {
        do throws(WireFailure) {
          let answer = try await database.pool.writer.perform { wire throws(WireFailure) in
            try wire.transact([statement], within: patience)
          }
          if let number = answer.first?.first?.number(0) { return number }
        } catch {
          guard case .lost = error, turn < OrderDesk.tries else { throw error }
        }
      }
    } catch {
      throw database.error(error)
    }
    throw JournalError(.failed, "\(database.address.description) gave the order no number")
  }
}

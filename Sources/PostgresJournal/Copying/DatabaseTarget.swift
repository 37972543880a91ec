import JournalFormat
import RecoveryCore

/// A database that is copied into, in one transaction: whatever ends it undoes it.
struct DatabaseTarget: ArchiveTarget {
  let database: DatabaseAccess
  let transaction: OpenTransaction
  let watched: Set<String>

  var place: String { database.address.description }
  var seal: OperationSeal? { database.seal }

  private static let tables = [
    "item", "event", "heal", "operator_order", "baseline", "machine", "sweep", "sink", "brakes", "alerts",
  ]

  /// Nobody else takes a vault or gives an order until it is over.
  func begin() async throws(JournalError) {
    try await transaction.begin(.begin, Statement("LOCK TABLE shard, operator_order IN EXCLUSIVE MODE"))
    do throws(JournalError) {
      try await transaction.refuseInstances(place)
      let counts = try await transaction.ask(
        DatabaseTarget.tables.map { Statement("SELECT count(*) FROM \($0)") })
      let held = zip(DatabaseTarget.tables, counts).map { table, count in
        ArchiveHoldings.Count(table, Int(count.first?.number(0) ?? 0))
      }
      guard let words = ArchiveHoldings.words(held) else { return }
      throw JournalError(
        .cannotOpen,
        "\(place) is not empty: it has \(words). Nothing was copied; name another database, or another schema of this "
          + "one, or if nobody needs what is there: DROP SCHEMA … CASCADE and make it anew")
    } catch {
      await transaction.undo()
      throw error
    }
  }

  func write(_ rows: [ArchiveRow], of table: ArchiveTable) async throws(JournalError) {
    try await transaction.ask(table.write(rows, home: try home()))
  }

  private func home() throws(JournalError) -> String {
    guard let home = ArchiveHead.home(among: watched) else {
      throw JournalError(.cannotOpen, "no vault is watched, so nobody would look after what is copied: name the vaults")
    }
    return home
  }

  func write(_ head: ArchiveHead) async throws(JournalError) {
    if let told = head.toldEverywhere {
      try await transaction.ask(EventTable.adopt(behind: told, home: try home(), watched))
    }
    let rows = try await transaction.ask(Statement("SELECT DISTINCT shard FROM event"))[0].rows
    let shards = head.shards(watched: watched, found: Set(rows.compactMap { $0.text(0) }))
    var statements = [
      Statement("UPDATE identity SET body = $1 WHERE id = 1", .text(head.identity)),
      Statement("UPDATE event_counter SET last = $1 WHERE id = 1", .number(head.lastEvent)),
    ]
    do {
      for shard in shards { statements += try DatabaseTarget.statements(shard) }
    } catch {
      throw database.error(error)
    }
    statements += OrderTable.write(head.orders, of: head, watched: watched.sorted())
    try await transaction.ask(statements)
  }

  private static func statements(_ shard: ArchiveShard) throws -> [Statement] {
    guard let vault = shard.vault else { return [] }
    var statements = try shard.sinks.sorted { $0.key < $1.key }.map { name, place in
      try SinkTable.place(name, in: vault, delivered: place.delivered)
    }
    if let brakes = shard.brakes { statements.append(try BrakeTable.write(brakes, in: vault)) }
    if !shard.alerts.isEmpty { statements.append(try BrakeTable.write(shard.alerts, in: vault)) }
    return statements
  }

  func count(_ table: ArchiveTable) async throws(JournalError) -> Int {
    Int(try await transaction.ask(table.count)[0].first?.number(0) ?? 0)
  }

  func keep() async throws(JournalError) {
    let taken: [ResultTable]
    do throws(JournalError) {
      taken = try await transaction.ask(.commit)
    } catch {
      throw JournalError(
        error.code,
        "\(error.message). Whether the last word of the copy, COMMIT, was heard is not known: run the command again; it "
          + "copies anew, or says that the database has everything")
    }
    guard taken.first?.command == "COMMIT" else {
      throw JournalError(.failed, "\(place) has undone the copy, and says no more: nothing is there. Try again")
    }
  }

  func close() async { await transaction.undo() }
}

import JournalFormat
import RecoveryCore

/// A database that is copied from: one moment of it, during which no vault can be taken and no order given.
struct DatabaseSource: ArchiveSource {
  private static let pageSize = 1000

  let database: DatabaseAccess
  let transaction: OpenTransaction
  let watched: Set<String>

  var place: String { database.address.description }
  var seal: OperationSeal? { database.seal }

  /// Locked before anything is read: what is read is of the moment of the first look.
  func begin() async throws(JournalError) {
    try await transaction.begin(.beginReading, Statement("LOCK TABLE shard, operator_order IN SHARE MODE"))
    do throws(JournalError) {
      try await transaction.refuseInstances(place)
    } catch {
      await transaction.undo()
      throw error
    }
  }

  func head() async throws(JournalError) -> ArchiveHead {
    let tables = try await transaction.ask(
      IdentityTable.read, SinkTable.newest, OrderTable.newest, SinkTable.read(in: nil), BrakeTable.read(in: nil),
      BrakeTable.readAlerts(in: nil), OrderTable.archived(watched: watched))
    let places = try words { try SinkTable.places(tables[3]) }
    let waiting = try await transaction.ask(SinkTable.waiting(places))[0].rows.map { $0.number(0) }
    return try words {
      _ = try IdentityTable.identity(tables[0])
      return ArchiveHead(
        identity: tables[0].first?.text(0) ?? "", lastEvent: tables[1].first?.number(0) ?? 0,
        lastOrder: tables[2].first?.number(0) ?? 0,
        shards: try DatabaseSource.shards(Array(zip(places, waiting)), brakes: tables[4], alerts: tables[5]),
        orders: try OrderTable.archived(tables[6]))
    }
  }

  private static func shards(
    _ places: [(SinkTable.Place, waiting: Int64?)], brakes: ResultTable, alerts: ResultTable
  ) throws -> [ArchiveShard] {
    var shards: [String: ArchiveShard] = [:]
    func edit(_ vault: String, _ change: (inout ArchiveShard) throws -> Void) rethrows {
      try change(&shards[vault, default: ArchiveShard(vault: vault)])
    }
    for (place, waiting) in places {
      edit(place.shard) { $0.sinks[place.name] = ArchiveShard.Place(delivered: place.delivered, waiting: waiting) }
    }
    for row in brakes.rows {
      try edit(row.text(0) ?? "?") { $0.brakes = try BrakeTable.brakes(ResultTable(rows: [row])) }
    }
    for row in alerts.rows {
      try edit(row.text(0) ?? "?") { $0.alerts = try BrakeTable.alerts(ResultTable(rows: [row])) }
    }
    return shards.values.sorted { ($0.vault ?? "") < ($1.vault ?? "") }
  }

  func read(
    _ table: ArchiveTable, _ take: ([ArchiveRow]) async throws(JournalError) -> Void
  ) async throws(JournalError) {
    try await transaction.ask(table.opening)
    while true {
      let page = try await transaction.ask(ArchiveTable.fetch(DatabaseSource.pageSize))[0]
      if page.rows.isEmpty { break }
      try await take(try words { try table.rows(page) })
    }
    try await transaction.ask(ArchiveTable.closing)
  }

  func count(_ table: ArchiveTable) async throws(JournalError) -> Int {
    Int(try await transaction.ask(table.count)[0].first?.number(0) ?? 0)
  }

  func close() async { await transaction.undo() }

  private func words<Value>(_ body: () throws -> Value) throws(JournalError) -> Value {
    do {
      return try body()
    } catch {
      throw database.error(error)
    }
  }
}

import JournalFormat
import RecoveryCore

/// All that is read: of one shard, or of all of them.
struct JournalReader: Sendable {
  let database: DatabaseAccess
  /// Nil for all.
  let shard: String?
  /// Nil for who has no use for the addresses of operations.
  let seal: OperationSeal?

  private static let pageSize = 1000

  /// Runs reads that see one moment. Rows are understood on the caller's side: the connection has others to serve.
  func read<Value: Sendable>(
    _ statements: Statement..., as understand: @Sendable ([ResultTable]) throws -> Value
  ) async throws(JournalError) -> Value {
    let patience = database.patience
    do {
      let tables = try await database.pool.read { wire throws(WireFailure) in
        try wire.read(statements, within: patience)
      }
      return try understand(tables)
    } catch {
      throw database.error(error)
    }
  }

  func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage {
    let (shard, patience) = (shard, database.patience)
    do {
      let (rows, tables) = try await database.pool.read { wire throws(WireFailure) in
        var rows: [ResultTable.Row] = []
        var place = (shard: "", key: "")
        _ = try wire.ask([.beginReading], within: patience)
        let tables = try wire.ask([BrakeTable.read(in: shard), BrakeTable.readAlerts(in: shard)], within: patience)
        while true {
          let page = try wire.ask(
            [ItemTable.page(in: shard, after: place, limit: JournalReader.pageSize)], within: patience)
          rows += page[0].rows
          guard let last = page[0].rows.last, page[0].rows.count == JournalReader.pageSize else { break }
          place = (last.text(0) ?? "", last.text(1) ?? "")
        }
        _ = try wire.ask([.commit], within: patience)
        return (rows, tables)
      }
      let reader = StateReader(sealedBy: seal)
      take(try rows.map { KeptState(try ItemTable.item($0, by: reader)) }, rows.count)
      return JournalImage(brakes: try BrakeTable.brakes(tables[0]), alerts: try BrakeTable.alerts(tables[1]))
    } catch {
      throw database.error(error)
    }
  }

  func identity() async throws(JournalError) -> String {
    try await read(IdentityTable.read) { try IdentityTable.identity($0[0]) }
  }

  func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    try await read(BaselineTable.last(in: shard, of: item, limit: limit)) {
      try BaselineTable.baselines($0[0], of: item)
    }
  }

  func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await read(EventTable.last(in: shard, about: subject, limit: limit)) {
      try EventTable.recorded($0[0]).reversed()
    }
  }

  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await read(EventTable.after(sequence, in: shard, limit: limit)) { try EventTable.recorded($0[0]) }
  }

  func events(of failover: String) async throws(JournalError) -> [RecordedEvent] {
    try await read(EventTable.all(in: shard, of: failover)) { try EventTable.recorded($0[0]) }
  }

  func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord] {
    try await read(EventTable.failovers(in: shard, limit: limit)) { EventTable.failovers($0[0]) }
  }

  func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    let seal = seal
    return try await read(HealTable.last(in: shard, about: subject, limit: limit)) {
      try HealTable.heals($0[0], sealedBy: seal).reversed()
    }
  }

  func heals(of failover: String) async throws(JournalError) -> [Heal] {
    let seal = seal
    return try await read(HealTable.all(in: shard, of: failover)) { try HealTable.heals($0[0], sealedBy: seal) }
  }

  func sweeps() async throws(JournalError) -> [SweepReport] {
    try await read(SweepTable.read(in: shard)) { try SweepTable.reports($0[0]) }
  }

  func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    let places = try await read(SinkTable.read(in: shard, name: sink)) { try SinkTable.places($0[0]) }
    if places.isEmpty { return [] }
    return try await read(SinkTable.undelivered(places, limit: limit)) { try EventTable.recorded($0[0]) }
  }

  func backlog() async throws(JournalError) -> [String: Int] {
    let places = try await read(SinkTable.read(in: shard)) { try SinkTable.places($0[0]) }
    if places.isEmpty { return [:] }
    return try await read(SinkTable.backlog(places)) { tables in
      tables[0].rows.reduce(into: [:]) { all, row in all[row.text(0) ?? "?", default: 0] += Int(row.number(1) ?? 0) }
    }
  }
}

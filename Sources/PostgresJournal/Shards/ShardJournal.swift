import JournalFormat
import RecoveryCore

/// The journal of one vault: it sees no other's rows, and writes as long as it has the vault's lease.
final class ShardJournal: ReadingJournal {
  private let vault: ResourceID
  private let database: DatabaseAccess
  let reader: JournalReader
  private let writer: ShardWriter

  private var shard: String { vault.key }

  init(of vault: ResourceID, database: DatabaseAccess) {
    self.vault = vault
    self.database = database
    reader = JournalReader(database: database, shard: vault.key, seal: database.seal)
    writer = ShardWriter(shard: vault.key, database: database)
  }

  /// Takes the lease of the vault: refused with `JournalError.locked` while another instance has it.
  func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence {
    try database.refuseToWrite()
    return try await writer.acquire(holder: holder, telling: sinks)
  }

  func inspect() async throws(JournalError) { try await RowInspection(database: database, shard: shard).run() }

  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    try database.refuseToWrite()
    let group = ChangeGroup(changes)
    let statements = try words { try group.statements(in: shard, sealedBy: database.seal) }
    let last = try await writer.write(statements, fence: fence)
    guard !group.events.isEmpty else { return [] }
    guard let last else { throw JournalError(.failed, "\(database.address.description) numbered no event") }
    let first = last - Int64(group.events.count) + 1
    return group.events.enumerated().map { RecordedEvent(sequence: first + Int64($0), event: $1) }
  }

  func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? {
    try await reader.baselines(of: item, last: 1).first
  }

  // MARK: - Forgetting

  /// Events, heals and orders that go in one transaction: no lock is held for long.
  private static let batch = 5000

  func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int {
    try database.refuseToWrite()
    let shard = shard
    let places = try await reader.read(SinkTable.read(in: shard)) { try SinkTable.places($0[0]) }
    let told = places.map(\.delivered).min() ?? 0
    var count = 0
    for removal in [
      Pruning.events(in: shard, before: before, told: told, most: ShardJournal.batch),
      Pruning.heals(in: shard, before: before, most: ShardJournal.batch),
    ] {
      var more = ShardJournal.batch
      while more == ShardJournal.batch {
        more = Int(try await writer.write([removal], fence: fence) ?? 0)
        count += more
      }
    }
    let orders = try await writer.write(
      [MachineTable.prune(in: shard, before: before), OrderTable.prune(in: shard, before: before)], fence: fence)
    return count + Int(orders ?? 0)
  }

  // MARK: - Sinks and sweeps

  func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    try database.refuseToWrite()
    let shard = shard
    // Nobody else writes this place while the fence holds; when it does not, nothing is written.
    let known = try await reader.read(SinkTable.read(in: shard, name: sink)) { try SinkTable.places($0[0]) }
    let isNews = known.first.map { $0.delivered < sequence } ?? false
    let statements = try words { isNews ? [try SinkTable.write(sink, in: shard, delivered: sequence)] : [] }
    _ = try await writer.write(statements, fence: fence)
  }

  func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) {
    try database.refuseToWrite()
    let statement = try words { try SweepTable.write(sweep, in: shard) }
    _ = try await writer.write([statement], fence: fence)
  }

  // MARK: - Orders

  /// To this vault alone.
  func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await OrderDesk(database: database).give(order, to: shard)
  }

  func openOrders() async throws(JournalError) -> [RecordedOrder] {
    try await reader.read(OrderTable.open(in: shard)) { try OrderTable.orders($0[0]) }
  }

  func answer(to order: Int64) async throws(JournalError) -> OrderAnswer? {
    try await reader.read(OrderTable.answer(to: order, in: shard)) { tables in
      try tables[0].first?.text(0).map { try OrderTable.answer($0, to: order) }
    }
  }

  private func words<Value>(_ body: () throws -> Value) throws(JournalError) -> Value {
    do {
      return try body()
    } catch {
      throw database.error(error)
    }
  }
}

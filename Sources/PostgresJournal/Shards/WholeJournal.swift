import JournalFormat
import RecoveryCore

/// The journal of all vaults, for who looks things up and gives orders. It holds no vault, and writes nothing that
/// needs a fence.
struct WholeJournal: Journal {
  private let database: DatabaseAccess
  private let reader: JournalReader

  init(database: DatabaseAccess) {
    self.database = database
    // The addresses of operations are for who carries them on.
    reader = JournalReader(database: database, shard: nil, seal: nil)
  }

  private var refusal: JournalError {
    JournalError(
      .readOnly,
      "this is the journal of all vaults, which is read and takes orders; only the instance that looks after a vault "
        + "writes to it")
  }

  func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence { throw refusal }

  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] { throw refusal }
  func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int { throw refusal }
  func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) { throw refusal }
  func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    throw refusal
  }

  func identity() async throws(JournalError) -> String { try await reader.identity() }
  func load() async throws(JournalError) -> JournalImage { try await reader.load() }
  func inspect() async throws(JournalError) { try await RowInspection(database: database, shard: nil).run() }

  func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? {
    try await reader.baselines(of: item, last: 1).first
  }

  func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    try await reader.baselines(of: item, last: limit)
  }

  func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await reader.undelivered(to: sink, limit: limit)
  }

  func backlog() async throws(JournalError) -> [String: Int] { try await reader.backlog() }

  func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await reader.events(about: subject, last: limit)
  }

  func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    try await reader.heals(about: subject, last: limit)
  }

  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await reader.events(after: sequence, limit: limit)
  }

  func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord] {
    try await reader.failovers(last: limit)
  }

  func events(of failover: String) async throws(JournalError) -> [RecordedEvent] {
    try await reader.events(of: failover)
  }

  func heals(of failover: String) async throws(JournalError) -> [Heal] { try await reader.heals(of: failover) }
  func sweeps() async throws(JournalError) -> [SweepReport] { try await reader.sweeps() }

  /// To every vault that somebody looks after.
  func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await OrderDesk(database: database).give(order, to: nil, at: now)
  }

  func openOrders() async throws(JournalError) -> [RecordedOrder] {
    try await reader.read(OrderTable.asked(nil)) { tables in
      try OrderTable.asked(tables[0]).filter { $0.answer == nil }.map(\.order)
    }
  }

  func answer(to order: Int64) async throws(JournalError) -> OrderAnswer? {
    try await reader.read(OrderTable.asked(order)) { tables in try OrderTable.asked(tables[0]).first?.answer }
  }
}

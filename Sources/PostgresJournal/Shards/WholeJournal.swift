import JournalFormat
import RecoveryCore

/// The journal of all vaults, for who looks things up and gives orders. It holds no vault, and writes nothing that
/// needs a fence.
struct WholeJournal: ReadingJournal {
  private let database: DatabaseAccess
  let reader: JournalReader

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

  func inspect() async throws(JournalError) { try await RowInspection(database: database, shard: nil).run() }

  func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? {
    try await reader.baselines(of: item, last: 1).first
  }

  /// To every vault that somebody looks after.
  func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await OrderDesk(database: database).give(order, to: nil)
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

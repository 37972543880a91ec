import GRDB
import JournalFormat
public import RecoveryCore

/// The journal in one SQLite file, `journal.sqlite` in the state directory.
///
/// Every commit is one `IMMEDIATE` transaction in write-ahead mode with `synchronous=FULL`: when it returns, the change
/// is on the disk, so the effect that it intends may be started. One process at a time writes to a state directory;
/// any number read from it meanwhile.
public final class JournalDatabase: Journal {
  public enum Access: String, Sendable {
    /// Creates what is missing, brings the schema up to date, and keeps other writers out for as long as it lives.
    case readWrite
    /// For `status`, `events` and the like: creates nothing, changes nothing, and works while another process writes.
    case readOnly
    /// For `pause`, `approve` and the like: writes orders while another process writes everything else, and changes
    /// neither the schema nor anything that is fenced.
    case orders
  }

  let store: JournalStore

  /// The file, for messages.
  public var path: String { store.path }

  /// Opens the journal of a state directory. A writer checks what is decided by: what grows with the fleet while that is
  /// loaded, the rest at once. The indices, and with `inspect` the story, are checked beside what follows.
  public init(directory: String, access: Access) throws(JournalError) {
    switch access {
    case .readWrite: store = try JournalStore.openForWriting(directory: directory)
    case .readOnly: store = try JournalStore.openForReading(directory: directory)
    case .orders: store = try JournalStore.openForOrders(directory: directory)
    }
  }

  public func inspectWhatDecides() async throws(JournalError) {
    do {
      try await store.indices?.resultInTurn()
    } catch {
      if Task.isCancelled { return }
      throw JournalError(error, file: path)
    }
  }

  /// Reads the whole file, over a connection of its own: for a long story that takes seconds. A cancelled task gives up.
  public func inspect() async throws(JournalError) {
    if Task.isCancelled { return }
    try await store.indicesAreWhole()
    let directory = String(path.dropLast(JournalStore.fileName.count + 1))
    let beside = try JournalStore.openForReading(directory: directory)
    defer { beside.close() }
    do {
      try await beside.reader.read { db in try JournalCheck.structure(db) }
    } catch {
      if Task.isCancelled { return }
      throw JournalError(error, file: path)
    }
  }

  deinit {
    // The connections go before the lock does, so that the next writer never meets ours.
    store.close()
  }

  public func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence {
    try await store.write { db in
      let fence = try FenceTable.acquire(db, holder: holder, at: now)
      try SinkTable.keep(db, sinks)
      try SweepTable.resetTotals(db)
      return fence
    }
  }

  public func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage {
    try await loadItems(handingTo: take)
    // Nothing is decided before.
    try await store.fleetIsWhole()
    store.indices?.begin()
    return try await store.read { db in
      JournalImage(brakes: try BrakeTable.read(db), alerts: try BrakeTable.readAlerts(db))
    }
  }

  /// The next rows are read while values are made of the last ones.
  private func loadItems(handingTo take: StateReceiver) async throws(JournalError) {
    let reader = StateReader(sealedBy: store.seal)
    let expected = try await store.read { db in try ItemTable.count(db) }
    var keys: Set<ItemKey> = Set(minimumCapacity: expected)
    let ahead = RowsAhead()
    async let read = Result { [store] () async throws(JournalError) in
      // It may come to its end before the first row is read.
      defer { ahead.stop() }
      return try await store.read { db in try ahead.read(db) }
    }
    do {
      defer { ahead.stop() }
      for await rows in ahead.parts {
        let items = try rows.items(by: reader)
        for item in items where !keys.insert(item.state.key).inserted {
          throw DamagedFile(finding: "item '\(item.state.key)' is there twice")
        }
        take(items, expected)
        ahead.isTaken()
      }
    } catch {
      throw JournalError(error, file: path)
    }
    // A task that is cancelled gets no more parts, and must not take those that it has for all.
    guard try await read.get() == keys.count else { throw JournalError(CancellationError(), file: path) }
  }

  public func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    let seal = store.seal
    return try await store.write { db in
      try FenceTable.check(db, fence)
      return try changes.flatMap { change in try JournalDatabase.write(db, change, sealedBy: seal) }
    }
  }

  private static func write(
    _ db: Database, _ change: JournalChange, sealedBy seal: OperationSeal?
  ) throws -> [RecordedEvent] {
    if let item = change.item {
      if let heal = item.heal, !change.isHealWritten { try HealTable.write(db, heal, sealedBy: seal) }
      let now = change.time(of: item)
      if !change.isStateWritten, try ItemTable.write(db, item, at: now) { try MachineTable.write(db, item, at: now) }
    }
    if let forgotten = change.forgotten { try ItemTable.remove(db, forgotten) }
    if let baseline = change.baseline { try BaselineTable.write(db, baseline) }
    if let brakes = change.brakes { try BrakeTable.write(db, brakes) }
    if let alerts = change.alerts { try BrakeTable.write(db, alerts) }
    for answer in change.answers { try BrakeTable.answer(db, answer) }
    return try change.events.map { event in try EventTable.append(db, event) }
  }

  public func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? {
    try await baselines(of: item, last: 1).last
  }

  public func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    // Where an index has lost it, a machine would seem to have nothing that is known.
    try await store.indicesAreWhole()
    return try await store.read { db in try BaselineTable.last(db, of: item, limit: limit) }
  }

  public func identity() async throws(JournalError) -> String {
    try await store.read { db in try SinkTable.identity(db) }
  }

  public func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await store.read { db in
      guard let delivered = try SinkTable.delivered(db, to: sink) else { return [] }
      return try EventTable.after(db, delivered, limit: limit)
    }
  }

  public func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    try await store.write { db in
      try FenceTable.check(db, fence)
      try SinkTable.mark(db, through: sequence, to: sink)
    }
  }

  public func backlog() async throws(JournalError) -> [String: Int] {
    try await store.read { db in
      try SinkTable.all(db).mapValues { delivered in try EventTable.count(db, after: delivered) }
    }
  }

  public func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) {
    try await store.write { db in
      try FenceTable.check(db, fence)
      try SweepTable.write(db, sweep)
    }
  }

  public func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await store.read { db in try EventTable.last(db, about: subject, limit: limit) }
  }

  public func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    let seal = store.seal
    return try await store.read { db in try HealTable.last(db, about: subject, limit: limit, sealedBy: seal) }
  }

  public func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await store.read { db in try EventTable.after(db, sequence, limit: limit) }
  }

  public func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord] {
    try await store.read { db in try EventTable.failovers(db, limit: limit) }
  }

  public func events(of failover: String) async throws(JournalError) -> [RecordedEvent] {
    try await store.read { db in try EventTable.all(db, of: failover) }
  }

  public func heals(of failover: String) async throws(JournalError) -> [Heal] {
    let seal = store.seal
    return try await store.read { db in try HealTable.all(db, of: failover, sealedBy: seal) }
  }

  public func sweeps() async throws(JournalError) -> [SweepReport] {
    try await store.read { db in try SweepTable.readAll(db) }
  }

  public func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await store.write { db in try BrakeTable.give(db, order, at: now) }
  }

  public func openOrders() async throws(JournalError) -> [RecordedOrder] {
    try await store.read { db in try BrakeTable.open(db) }
  }

  public func answer(to order: Int64) async throws(JournalError) -> OrderAnswer? {
    try await store.read { db in try BrakeTable.answer(db, to: order) }
  }
}

/// A journal before another one: what it does not do itself it hands on.
public protocol JournalDecorator: Journal {
  var base: any Journal { get }
}

extension JournalDecorator {
  public func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence {
    try await base.acquire(holder: holder, telling: sinks, at: now)
  }
  public func identity() async throws(JournalError) -> String { try await base.identity() }
  public func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage {
    try await base.load(handingTo: take)
  }
  public func inspectWhatDecides() async throws(JournalError) { try await base.inspectWhatDecides() }
  public func inspect() async throws(JournalError) { try await base.inspect() }
  public func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    try await base.commit(changes, fence: fence)
  }
  public func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? { try await base.baseline(of: item) }
  public func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    try await base.baselines(of: item, last: limit)
  }
  public func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int {
    try await base.prune(before: before, fence: fence)
  }
  public func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await base.undelivered(to: sink, limit: limit)
  }
  public func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    try await base.markDelivered(through: sequence, to: sink, fence: fence)
  }
  public func backlog() async throws(JournalError) -> [String: Int] { try await base.backlog() }
  public func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) {
    try await base.record(sweep, fence: fence)
  }
  public func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await base.events(about: subject, last: limit)
  }
  public func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    try await base.heals(about: subject, last: limit)
  }
  public func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await base.events(after: sequence, limit: limit)
  }
  public func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord] {
    try await base.failovers(last: limit)
  }
  public func events(of failover: String) async throws(JournalError) -> [RecordedEvent] {
    try await base.events(of: failover)
  }
  public func heals(of failover: String) async throws(JournalError) -> [Heal] { try await base.heals(of: failover) }
  public func sweeps() async throws(JournalError) -> [SweepReport] { try await base.sweeps() }
  public func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await base.give(order, at: now)
  }
  public func openOrders() async throws(JournalError) -> [RecordedOrder] { try await base.openOrders() }
  public func answer(to order: Int64) async throws(JournalError) -> OrderAnswer? { try await base.answer(to: order) }
}

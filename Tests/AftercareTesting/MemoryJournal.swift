public import RecoveryCore

/// A journal in memory that keeps the contract, for tests that need a thousand of them a minute: one alone, or that of a
/// vault in a `MemoryDatabase`. What it is given it gives back as JSON would, so that nothing survives in it which would
/// not survive on a disk.
public actor MemoryJournal: Journal {
  private var items: [ItemKey: ItemState] = [:]
  private var pastHeals: [Heal] = []
  private var contents: [ItemKey: [Baseline]] = [:]
  private var story: [RecordedEvent] = []
  /// The last event that each sink was told.
  private var delivered: [String: Int64] = [SinkName.log: 0]
  private var reports: [ResourceID: SweepReport] = [:]
  private var brakes = Brakes()
  private var alerts: [Alert] = []
  private var orders: [RecordedOrder] = []
  private var answers: [Int64: OrderAnswer] = [:]
  /// The number of the last event.
  private var newest: Int64 = 0
  private let vault: ResourceID
  /// Keeps the fence, and counts the events.
  private let book: MemoryLeases

  /// One that shares with nobody.
  public init() {
    let start = Samples.start
    self.init(of: Samples.vault, under: MemoryLeases(span: .zero) { start })
  }

  init(of vault: ResourceID, under book: MemoryLeases) {
    self.vault = vault
    self.book = book
  }

  public func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence {
    let fence = try book.acquire(vault, for: InstanceID(holder))
    delivered = delivered.filter { sinks.contains($0.key) }
    for new in sinks.subtracting(delivered.keys) { delivered[new] = newest }
    return fence
  }

  public func identity() async throws(JournalError) -> String { "memory" }

  public func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage {
    take(items.values.sorted { $0.key < $1.key }.map { KeptState($0) }, items.count)
    return JournalImage(brakes: brakes, alerts: alerts)
  }

  public func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    try check(fence)
    return changes.flatMap(write)
  }

  private func write(_ change: JournalChange) -> [RecordedEvent] {
    if let item = change.item {
      let known = items[item.key]
      var kept = change.isStateWritten ? known ?? item : item
      kept.heal = change.isHealWritten ? known?.heal : item.heal
      items[item.key] = kept
      if let heal = item.heal, !change.isHealWritten {
        pastHeals.removeAll { $0.id == heal.id }
        pastHeals.append(heal)
      }
    }
    if let forgotten = change.forgotten { items[forgotten] = nil }
    if let baseline = change.baseline {
      var known = contents[baseline.item] ?? []
      known.removeAll { $0.learned == baseline.learned }
      contents[baseline.item] = known + [baseline]
    }
    if let brakes = change.brakes { self.brakes = brakes }
    if let alerts = change.alerts { self.alerts = alerts }
    for answer in change.answers { answers[answer.number] = answer }
    return change.events.map { event in
      let recorded = RecordedEvent(sequence: book.nextNumber(), event: event)
      newest = recorded.sequence
      story.append(recorded)
      return recorded
    }
  }

  public func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? { contents[item]?.last }

  public func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    Array((contents[item] ?? []).suffix(limit))
  }

  public func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int {
    try check(fence)
    let count = story.count + pastHeals.count
    let told = delivered.values.min() ?? 0
    story.removeAll { $0.event.at < before && $0.sequence <= told }
    let needed = Set(items.values.compactMap(\.heal?.id))
    pastHeals.removeAll { ($0.ended ?? $0.started) < before && !needed.contains($0.id) }
    return count - story.count - pastHeals.count
  }

  public func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    guard let told = delivered[sink], told < newest else { return [] }
    return Array(story[firstIndex(after: told)...].prefix(limit))
  }

  public func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    try check(fence)
    if let told = delivered[sink], told < sequence { delivered[sink] = sequence }
  }

  public func backlog() async throws(JournalError) -> [String: Int] {
    delivered.mapValues { story.count - firstIndex(after: $0) }
  }

  /// Where the events behind a number begin: it grows through the story.
  private func firstIndex(after sequence: Int64) -> Int {
    var (low, high) = (0, story.count)
    while low < high {
      let middle = (low + high) / 2
      if story[middle].sequence > sequence { high = middle } else { low = middle + 1 }
    }
    return low
  }

  public func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) {
    try check(fence)
    reports[sweep.vault] = sweep
  }

  public func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    Array(story.filter { recorded in subject.map { recorded.event.isAbout($0) } ?? true }.suffix(limit))
  }

  public func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    let heals = pastHeals.filter { heal in
      guard let subject = subject?.lowercased() else { return true }
      return heal.item.text == subject || heal.machine.id.key == subject
        || heal.machine.id.name.lowercased() == subject || items[heal.item]?.name.lowercased() == subject
    }
    return Array(heals.sorted { ($0.started, $0.id) < ($1.started, $1.id) }.suffix(limit))
  }

  public func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    Array(story.lazy.filter { $0.sequence > sequence }.prefix(limit))
  }

  public func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord] {
    let told = story.map(\.event).filter { $0.failover != nil }
    let records = Dictionary(grouping: told, by: { $0.failover ?? "" }).compactMap { id, events in
      let times = events.map(\.at)
      return FailoverRecord(
        id: id, vault: events.compactMap(\.vault).first, began: times.min() ?? events[0].at,
        latest: times.max() ?? events[0].at, items: Set(events.compactMap(\.item)).count)
    }
    return Array(records.sorted { ($0.began, $0.id) < ($1.began, $1.id) }.suffix(limit))
  }

  public func events(of failover: String) async throws(JournalError) -> [RecordedEvent] {
    story.filter { $0.event.failover == failover }
  }

  public func heals(of failover: String) async throws(JournalError) -> [Heal] {
    let ids = Set(story.filter { $0.event.failover == failover }.compactMap(\.event.heal))
    return pastHeals.filter { ids.contains($0.id) }.sorted { ($0.started, $0.id) < ($1.started, $1.id) }
  }

  public func sweeps() async throws(JournalError) -> [SweepReport] {
    reports.values.sorted { $0.vault < $1.vault }
  }

  public func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    orders.append(RecordedOrder(number: Int64(orders.count + 1), given: now, order: order))
    return Int64(orders.count)
  }

  public func openOrders() async throws(JournalError) -> [RecordedOrder] {
    orders.filter { answers[$0.number] == nil }
  }

  public func answer(to order: Int64) async throws(JournalError) -> OrderAnswer? { answers[order] }

  private func check(_ fence: Fence) throws(JournalError) { try book.check(fence, of: vault) }
}

extension Event {
  fileprivate func isAbout(_ subject: String) -> Bool {
    var subject = subject.lowercased()
    while subject.count > 1, subject.hasSuffix("/") { subject.removeLast() }
    return item?.text == subject || itemName?.lowercased() == subject || machine?.key == subject
      || machine?.name.lowercased() == subject
  }
}

/// What is known for good: the state of each item, the story, and what has yet to be told.
///
/// A change is committed whole or not at all, and before the effect that it intends. Every write carries the fence of
/// the holder; a stale one is refused with `JournalError.fenced`.
public protocol Journal: Sendable {
  /// Makes the caller the one writer: every earlier fence is stale from now on.
  ///
  /// `sinks` are the names of those that are told of events. One that is new hears of what happens from now on; one
  /// that is not named any more is forgotten, and keeps no event.
  func acquire(holder: String, telling sinks: Set<String>, at now: Timestamp) async throws(JournalError) -> Fence
  /// Which journal it is, from its first day on and in every copy: with an event's number and time it names that event
  /// among those of all journals.
  func identity() async throws(JournalError) -> String
  /// Reads what a start needs. The states are handed over while they are read, and are not in the image: whoever takes
  /// them over works beside whoever reads them.
  func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage
  /// Returns when what is decided by has been found whole, as far as that takes longer than the opening; throws what is
  /// damaged. Nothing that depends on it is handed out before. It gives way to `load`, and waits for the first one.
  func inspectWhatDecides() async throws(JournalError)
  /// Reads all that is kept and throws what is damaged, where it was too much to read at the opening. It may take as long
  /// as it wants, and gives up when its task is cancelled.
  func inspect() async throws(JournalError)
  /// State, heal, steps, baselines, events and their outgoing alerts of all changes in one transaction; returns the
  /// events with their numbers, in order.
  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent]
  /// What an item's live machine had while it was well, as it was committed last.
  func baseline(of item: ItemKey) async throws(JournalError) -> Baseline?
  /// Every content that an item's baseline has had, newest last.
  func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline]
  /// Forgets events and ended heals from before; never what has yet to be told or what an item still refers to.
  /// Returns how many.
  func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int
  /// Events not yet delivered to a sink, oldest first; none for a sink that is not known.
  func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent]
  /// Sinks are told in order: with one event, all before it are delivered. An earlier one changes nothing.
  func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError)
  /// How many events each sink has yet to take.
  func backlog() async throws(JournalError) -> [String: Int]
  func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError)
  /// Events for people: newest last, of one machine or item when `about` names it by id, name or key.
  func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent]
  func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal]
  /// Events with higher numbers, oldest first.
  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent]
  /// The failovers that events tell of, newest last.
  func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord]
  /// The whole story of a failover, oldest first.
  func events(of failover: String) async throws(JournalError) -> [RecordedEvent]
  /// The heals that it led to.
  func heals(of failover: String) async throws(JournalError) -> [Heal]
  func sweeps() async throws(JournalError) -> [SweepReport]
  /// Keeps a person's order until it is answered. It needs no fence: whoever may write to the journal may give one.
  func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64
  /// Orders without an answer, oldest first.
  func openOrders() async throws(JournalError) -> [RecordedOrder]
  /// Nil while the order is open.
  func answer(to order: Int64) async throws(JournalError) -> OrderAnswer?
}

extension Journal {
  public func inspectWhatDecides() async throws(JournalError) {}
  public func inspect() async throws(JournalError) {}

  /// What a start needs, the states with it.
  public func load() async throws(JournalError) -> JournalImage {
    let (parts, handed) = AsyncStream.makeStream(of: [KeptState].self)
    var image = try await load { states, _ in handed.yield(states) }
    handed.finish()
    for await part in parts { image.states += part }
    return image
  }

  public func commit(_ change: JournalChange, fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    try await commit([change], fence: fence)
  }

  /// With the log as the only sink.
  public func acquire(holder: String, at now: Timestamp) async throws(JournalError) -> Fence {
    try await acquire(holder: holder, telling: [SinkName.log], at: now)
  }

  public func undelivered(limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await undelivered(to: SinkName.log, limit: limit)
  }

  public func markDelivered(through sequence: Int64, fence: Fence) async throws(JournalError) {
    try await markDelivered(through: sequence, to: SinkName.log, fence: fence)
  }
}

/// A holder's right to write; it grows with every new holder.
public struct Fence: Hashable, Sendable, Codable {
  public let token: Int64
  public init(token: Int64) { self.token = token }
}

/// Takes over some of the states that are read, of about so many. It is called on the thread that reads them.
public typealias StateReceiver = @Sendable (_ states: [KeptState], _ expected: Int) -> Void

/// What a start needs to go on where the last run ended.
public struct JournalImage: Sendable {
  /// In no order.
  public var states: [KeptState]
  public var brakes: Brakes
  /// The alerts that stand.
  public var alerts: [Alert]

  /// By their keys.
  public var items: ItemStates { ItemStates(states).sorted() }

  public init(states: [KeptState] = [], brakes: Brakes = Brakes(), alerts: [Alert] = []) {
    self.states = states
    self.brakes = brakes
    self.alerts = alerts
  }
}

/// What follows from one decision: whole or not at all.
public struct JournalChange: Sendable {
  /// The item's new state; nil for events that belong to no item.
  public var item: ItemState?
  /// Whether the journal has the item's heal as it is, and the rest of its state but for the times of looks: a step of a
  /// heal changes only the one, most looks only the other. What is not there yet must be written.
  public var isHealWritten = false
  public var isStateWritten = false
  /// What was learned of the item's machine; nil when it is as it was.
  public var baseline: Baseline?
  /// An item whose state is to go; its story stays.
  public var forgotten: ItemKey?
  /// The brakes as they are now; nil when they are as they were.
  public var brakes: Brakes?
  /// All alerts that stand now; nil when they are as they were.
  public var alerts: [Alert]?
  /// Orders that are carried out with this change, or refused.
  public var answers: [OrderAnswer]
  public var events: [Event]

  public init(
    item: ItemState? = nil, baseline: Baseline? = nil, forgotten: ItemKey? = nil, brakes: Brakes? = nil,
    alerts: [Alert]? = nil, answers: [OrderAnswer] = [], events: [Event] = []
  ) {
    self.item = item
    self.baseline = baseline
    self.forgotten = forgotten
    self.brakes = brakes
    self.alerts = alerts
    self.answers = answers
    self.events = events
  }

  /// Whether any of it must be written down where `old` is known of the item: a look that found what was known leaves
  /// nothing to write.
  public func isNews(after old: ItemState?) -> Bool {
    tellsMore || item.map { !(old?.isSameForGood(as: $0) ?? false) } ?? false
  }

  /// Whether there is more in it than an item's state.
  public var tellsMore: Bool {
    !events.isEmpty || baseline != nil || !answers.isEmpty || brakes != nil || alerts != nil || forgotten != nil
  }
}

public struct RecordedEvent: Hashable, Sendable, Codable {
  public let sequence: Int64
  public let event: Event

  public init(sequence: Int64, event: Event) {
    self.sequence = sequence
    self.event = event
  }
}

/// A failover as the journal knows it: what the items of a vault went through together.
public struct FailoverRecord: Hashable, Sendable, Codable {
  public let id: String
  public var vault: ResourceID?
  /// Its first event and its latest.
  public var began: Timestamp
  public var latest: Timestamp
  public var items: Int

  public init(id: String, vault: ResourceID?, began: Timestamp, latest: Timestamp, items: Int) {
    self.id = id
    self.vault = vault
    self.began = began
    self.latest = latest
    self.items = items
  }
}

/// What one sweep of a vault cost and found.
public struct SweepReport: Hashable, Sendable, Codable {
  public var vault: ResourceID
  public var started: Timestamp
  public var ended: Timestamp
  public var pages: Int
  public var items: Int
  /// Items that moved, or are on the move.
  public var moving: Int
  /// Reads of machines, of single items, of associations, of jobs and recovery plans since the sweep before.
  public var instanceViews: Int
  public var itemReads: Int
  public var associationLists: Int
  public var jobLists: Int
  /// Log Analytics queries.
  public var queries: Int
  public var fault: Fault?
  /// What may still be asked of Azure; nil in reports from before there were budgets.
  public var budgets: [BudgetReport]?

  public init(vault: ResourceID, started: Timestamp, ended: Timestamp) {
    self.vault = vault
    self.started = started
    self.ended = ended
    pages = 0
    items = 0
    moving = 0
    instanceViews = 0
    itemReads = 0
    associationLists = 0
    jobLists = 0
    queries = 0
  }

  public var requests: Int { pages + instanceViews + itemReads + associationLists + jobLists + queries }
}

/// Why the journal could not be read or written.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable { case cannotOpen, locked, damaged, full, readOnly, tooNew, fenced, failed }
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

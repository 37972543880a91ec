public import RecoveryCore

/// What every journal must do, whatever it keeps things in. An adapter's tests run each clause against a new, empty
/// journal; what concerns a reopening is told and checked in two halves, `tellStory` and `checkStory`.
public struct JournalContract: Sendable, CustomStringConvertible {
  public let description: String
  public let check: @Sendable (any Journal) async throws -> Void

  init(_ description: String, _ check: @escaping @Sendable (any Journal) async throws -> Void) {
    self.description = description
    self.check = check
  }

  public static var clauses: [JournalContract] {
    [
      JournalContract("a new journal is empty") { try await newIsEmpty($0) },
      JournalContract("an item comes back as it was committed") { try await itemComesBack($0) },
      JournalContract("a heal comes back with its item, and leaves with it") { try await healComesAndGoes($0) },
      JournalContract("what of an item is written already stays as it is") { try await writtenPartsStay($0) },
      JournalContract("a stale fence is refused and nothing is written") { try await staleFenceIsRefused($0) },
      JournalContract("nothing is written before a fence was acquired") { try await noFenceIsRefused($0) },
      JournalContract("events are numbered upwards in their order") { try await eventsAreNumbered($0) },
      JournalContract("an event is undelivered until it is marked") { try await eventsWaitForDelivery($0) },
      JournalContract("each sink is told for itself, a new one from its first day on") { try await sinksAreApart($0) },
      JournalContract("a sink that is gone keeps no event, and one that is stuck keeps all") {
        try await stuckSinkKeepsEvents($0)
      },
      JournalContract("events are found by key, name and machine") { try await eventsAreFound($0) },
      JournalContract("heals are found by key, name and machine") { try await healsAreFound($0) },
      JournalContract("changes that are committed together are whole or not at all") { try await groupIsWhole($0) },
      JournalContract("a baseline comes back, with what it was before") { try await baselinesComeBack($0) },
      JournalContract("an item is forgotten, and its story is not") { try await itemIsForgotten($0) },
      JournalContract("what is old is forgotten, and never what is still needed") { try await oldIsForgotten($0) },
      JournalContract("brakes come back, and an order stays open until it is answered") { try await ordersAreKept($0) },
      JournalContract("the last sweep of each vault is kept") { try await lastSweepIsKept($0) },
      JournalContract("events are read on behind a number") { try await eventsAreReadOn($0) },
      JournalContract("a failover's story and heals are found by its id") { try await failoversAreFound($0) },
      JournalContract("the alerts that stand come back") { try await alertsComeBack($0) },
    ]
  }
}

/// What a journal did that its contract forbids.
public struct ContractViolation: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension JournalContract {
  /// The first half: to be followed by `checkStory` after the journal was closed and opened again.
  public static func tellStory(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "storyteller", at: JournalSamples.start)
    let events = [JournalSamples.event(.healStarted), JournalSamples.event(.stepAccepted, after: 1)]
    let change = JournalChange(item: JournalSamples.healingItem(), events: events)
    let recorded = try await journal.commit(change, fence: fence)
    try await journal.markDelivered(through: recorded[0].sequence, fence: fence)
    try await journal.record(JournalSamples.sweep(), fence: fence)
  }

  public static func checkStory(_ journal: any Journal) async throws {
    let image = try await journal.load()
    try expect(image.items == [JournalSamples.healingItem()], "the item and its heal come back: \(image.items)")
    let events = try await journal.events(about: nil, last: 10)
    try expect(events.map { $0.event.kind } == [.healStarted, .stepAccepted], "the events come back: \(events)")
    let waiting = try await journal.undelivered(limit: 10)
    try expect(waiting == Array(events.suffix(1)), "what was not delivered still waits: \(waiting)")
    let heals = try await journal.heals(about: nil, last: 10)
    try expect(heals == [JournalSamples.heal()], "the heal comes back with its steps: \(heals)")
    let sweeps = try await journal.sweeps()
    try expect(sweeps == [JournalSamples.sweep()], "the sweep comes back: \(sweeps)")
    let fence = try await journal.acquire(holder: "successor", at: JournalSamples.start + .seconds(60))
    try expect(fence.token > 1, "the successor's token is higher than the predecessor's: \(fence.token)")
    let next = try await journal.commit(JournalChange(events: [JournalSamples.event(.daemonStarted)]), fence: fence)
    let newest = events.last?.sequence ?? 0
    try expect(next.allSatisfy { $0.sequence > newest }, "numbers go on: \(next)")
  }

  static func expect(_ holds: Bool, _ expectation: @autoclosure () -> String) throws {
    guard holds else { throw ContractViolation(expectation()) }
  }

  static func expectFenced(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch {
      let code = (error as? JournalError)?.code
      try expect(code == .fenced, "the error is 'fenced': \(error)")
      return
    }
    throw ContractViolation("a write without a valid fence was taken")
  }
}

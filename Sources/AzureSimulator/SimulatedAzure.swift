public import FoundationEssentials

/// A small Azure that keeps its own truth: vaults, protected items, machines with guests, operations, associations.
///
/// It is a peer of whoever talks to it and knows nothing of them. Time is the clock's; everything that has become due
/// is applied before a request is answered.
public actor SimulatedAzure {
  nonisolated let scenario: Scenario
  let clock: SimulationClock
  let start: Date
  var items: [String: SimulatedItem] = [:]
  /// Items of a vault in the order in which they are listed; keys are lower-cased item ids.
  var listing: [String: [String]] = [:]
  var itemsByName: [String: String] = [:]
  var machines = MachineTable()
  var operations: [String: SimulatedOperation] = [:]
  /// How many there may be before those that nobody can ask for are dropped.
  var operationsKept = 1000
  /// Those of `operations` that have not ended, in the order in which they may.
  private var running: [(due: Date, id: String)] = []
  var jobs: [SimulatedJob] = []
  var tokens: Set<String>
  var counts: [String: Int] = [:]
  var faults: [SimulatedFault] = []
  var writes: [SimulatedWrite] = []
  /// The rows of each stream, in the order in which they came.
  var ingested: [String: [JSON]] = [:]
  /// By id in lower case.
  var orphans: [String: SimulatedOrphan] = [:]
  var limits: Scenario.Limits
  var buckets = TokenBuckets()
  /// Rows of item lists as they were last written: most of what a watch asks for never changes.
  var rows: [String: (item: SimulatedItem, pieces: [String])] = [:]
  /// How many times were written; odd ones take turns.
  var timesTold = 0
  /// The latest first.
  private var due: [(at: Date, what: @Sendable (isolated SimulatedAzure) -> Void)] = []
  private var applying: Date?
  private var numbers = 0

  public init(_ scenario: Scenario, clock: SimulationClock) {
    self.scenario = scenario
    self.clock = clock
    start = clock.now
    tokens = [scenario.token]
    limits = scenario.limits
    var world = World(scenario, start: start)
    world.build()
    items = world.items
    listing = world.listing
    itemsByName = world.itemsByName
    machines = MachineTable(world.machines)
    for action in scenario.timeline {
      due.append((start.addingTimeInterval(action.at), { azure in _ = azure.perform(action) }))
    }
    // A sort is stable: of equal times the one that was named first comes last, and is applied first.
    due.reverse()
    due.sort { $0.at > $1.at }
  }

  // MARK: - Time

  /// What Azure says the time is.
  nonisolated var time: Date { clock.now.addingTimeInterval(scenario.clockSkew) }

  /// The clock's time; while something is applied that has become due, the time at which it was.
  var now: Date { applying ?? clock.now }

  /// Applies everything that has become due, in order: what follows from it does not depend on who asked when.
  func settle() {
    let now = clock.now
    while let next = due.last, next.at <= now {
      due.removeLast()
      applying = next.at
      next.what(self)
    }
    applying = nil
    let due = running.prefix { $0.due <= now }
    if !due.isEmpty {
      for operation in due { advance(operation.id, now) }
      running.replaceSubrange(due.indices, with: due.filter { operations[$0.id]?.ended == nil })
    }
    machines.noteFlow(at: now)
  }

  func later(_ seconds: Double, _ what: @escaping @Sendable (isolated SimulatedAzure) -> Void) {
    let at = now.addingTimeInterval(seconds)
    let place = due.lastIndex { $0.at > at }.map { $0 + 1 } ?? due.startIndex
    due.insert((at, what), at: place)
  }

  /// Has an operation advanced from a time on, whoever asks.
  func run(_ id: String, from due: Date) {
    let place = running.lastIndex { $0.due <= due }.map { $0 + 1 } ?? running.startIndex
    running.insert((due, id), at: place)
  }

  /// Drops jobs that ended and writes that were made before a time: days of a large world would fill the memory.
  public func forget(before: Date) {
    jobs.removeAll { $0.ended.map { $0 < before } ?? false }
    writes.removeAll { $0.at < before }
  }

  /// The same numbers in every run of a scenario.
  func guid() -> String {
    numbers += 1
    let digits = String(numbers, radix: 16)
    return "a5e00000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }
}

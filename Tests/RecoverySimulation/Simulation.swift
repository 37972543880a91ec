public import AftercareTesting
import AzureCloud
import AzureSimulator
import CurlTransport
import FoundationEssentials
import HeapModule
import Logging
public import RecoveryCore
import WatchEngine

/// One life of a watch against one simulated Azure, wholly determined by its seed: real decisions, real turns, the real
/// adapter and the real simulator, with virtual time and one thing at a time.
///
/// What the engine does with tasks is done here with a queue of events: a request reaches Azure some time after it was
/// sent, its answer arrives some time after that, other items go on between, and the process may die at any commit.
public final class Simulation {
  public let seed: UInt64
  /// What must never be, and was.
  public private(set) var violations: [String] = []
  /// What happened, for people: a line each.
  public private(set) var trace: [String] = []
  public private(set) var crashes = 0
  public var requests: Int { exchange.requests }

  enum Happening {
    case sweep
    case look(ItemKey)
    /// A request reaches Azure.
    case reach(ItemKey, ItemTurn.Request)
    case answer(ItemKey, ItemTurn.Answer)
    case tell
    case brake
    /// Every six hours in a soak.
    case keep
  }

  struct Entry: Comparable {
    let at: Int64
    /// Equal times come in the order in which they were asked for.
    let number: Int
    /// The life of the process that asked for it.
    let life: Int
    let what: Happening

    static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    static func < (left: Entry, right: Entry) -> Bool { (left.at, left.number) < (right.at, right.number) }
  }

  let azure: SimulatedAzure
  let clock: SimulationClock
  let scenario: Scenario
  let exchange: FaultyExchange
  let cloud: AzureCloud
  /// The same Azure without weather: for who judges.
  let oracle: AzureCloud
  let journal: CrashingJournal
  let decider: Decider
  let settings: EngineSettings
  let vault: ResourceID
  let end: Int64
  var random: SeededGenerator
  let storm: Weather
  var weather: Weather
  var events = Heap<Entry>()
  var count = 0
  var life = 0
  /// Milliseconds since the start.
  var now: Int64 = 0
  /// How far the clock of this host is from Azure's.
  var skew: Int64 = 0
  var fleet: Fleet
  var fence = Fence(token: 0)
  var turns: [ItemKey: ItemTurn] = [:]
  var due: [ItemKey: Int64] = [:]
  var listed: [ItemKey: ProtectedItem] = [:]
  var knownPages = KnownPages()
  var wishes: [ItemKey: Occasion.Wish] = [:]
  /// How often each event was told, and when it was first.
  var told: [Int64: (times: Int, first: Int64)] = [:]
  /// Deliveries that a crash may have kept from being marked.
  var mayBeTwice: Set<Int64> = []
  /// Extensions whose install has succeeded somewhere, in any life.
  var proven: Set<ExtensionKind> = []
  var notLiveSince: [ResourceID: Int64] = [:]
  private let start: Timestamp
  private let isTraced: Bool
  let soak: Soak?
  /// Days of a soak that are over.
  var days = 0

  /// - Parameter soak: a large fleet over days, instead of a short story of a few machines.
  public init(
    seed: UInt64, journal base: any Journal = MemoryJournal(), soak: Soak? = nil, isTraced: Bool = false
  ) throws {
    self.seed = seed
    self.soak = soak
    self.isTraced = isTraced
    var random = SeededGenerator(seed: seed)
    var story = StoryGenerator(random.fork())
    let (yaml, last) = soak.map { story.soak($0) } ?? story.yaml()
    scenario = try Scenario(checking: yaml, file: "seed \(seed)")
    let begin = Date(timeIntervalSince1970: 1_770_113_700)
    start = Timestamp(milliseconds: 1_770_113_700_000)
    clock = SimulationClock(manual: begin)
    azure = SimulatedAzure(scenario, clock: clock)
    var limits = RequestBudget.Limits()
    if soak == nil, random.chance(0.5) {
      limits.reads = RequestBudget.Limit(burst: 20, perSecond: 0.5)
      limits.writes = RequestBudget.Limit(burst: 4, perSecond: 0.1)
      limits.deletes = limits.writes
    }
    let exchange = FaultyExchange(azure, limits: limits, random: random.fork())
    self.exchange = exchange
    // Waits are virtual too: what was waited for has passed for the budget, and only for it.
    cloud = AzureCloud(
      .simulator(FaultyExchange.origin), identity: .token(scenario.token), budgets: limits, exchange: exchange,
      pause: Pause { exchange.wait($0) }, uptime: { exchange.uptime })
    oracle = AzureCloud(
      .simulator(FaultyExchange.origin), identity: .token(scenario.token),
      budgets: .unlimited,
      exchange: FaultyExchange(azure, limits: .unlimited, random: SeededGenerator(seed: 0)), pause: Pause { _ in })
    journal = CrashingJournal(base, random: random.fork())
    storm = soak == nil ? Weather(&random) : .changeable
    weather = storm
    var policy = Policy()
    policy.machineMoving = .seconds(random.pick([20, 60, 60]))
    policy.machine = soak == nil ? .seconds(300) : .seconds(6 * 3600)
    policy.baseline = soak == nil ? .seconds(900) : .seconds(24 * 3600)
    policy.testFailover = random.chance(0.5) ? .heal : .report
    policy.mode = soak == nil && random.chance(0.2) ? .approve : .heal
    policy.brakes.inFlight = soak == nil ? random.pick([1, 2, 500]) : 500
    policy.brakes.usesCanaries = random.chance(0.7)
    decider = Decider(
      policy: policy, requirements: Requirements(catalogue: Samples.catalogue))
    guard let id = scenario.vaultIDs.first, let vault = ResourceID(id) else {
      throw ScenarioError(message: "seed \(seed): the story has no vault")
    }
    self.vault = vault
    var settings = EngineSettings(vaults: [vault])
    settings.items = .seconds(random.pick([60, 120, 240]))
    settings.itemsMoving = .seconds(random.pick([30, 60]))
    if soak != nil {
      settings.items = .seconds(600)
      settings.itemsMoving = .seconds(600)
      settings.keepHistory = .seconds(7 * 86_400)
    }
    self.settings = settings
    // Hours of calm at the end: what was begun must come to its end by then.
    end = Int64(last * 1000) + 4 * 3_600_000
    calmFrom = Int64(last * 1000) + 600_000
    self.random = random
    fleet = Fleet(journal: journal, fence: Fence(token: 0), stream: EventStream()) {}
    if isTraced { trace.append(yaml) }
  }

  /// For parts of the engine that say to a logger what they could not do.
  let quiet = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
  let calmFrom: Int64
  /// Nothing more will come.
  var isOver = false

  /// Our own time: Azure's, and off by what the clock has jumped.
  var ourNow: Timestamp { start + .milliseconds(now + skew) }

  /// Lives the whole life and judges it.
  public func run() async throws {
    exchange.set(weather)
    journal.set(weather)
    try await begin()
    while let entry = events.popMin(), entry.at <= end, violations.isEmpty, !isOver {
      clock.advance(by: Double(entry.at - now) / 1000)
      now = entry.at
      exchange.set(now: now)
      if now >= calmFrom, weather.isStorm {
        weather = .calm
        exchange.set(weather)
        journal.set(weather)
      }
      try await handle(entry)
      violations += exchange.violations
    }
    if violations.isEmpty { violations = try await verdict() }
  }

  func note(_ line: @autoclosure () -> String) {
    if isTraced { trace.append("\(now / 1000)s \(line())") }
  }

  func note(_ event: Event) {
    guard isTraced else { return }
    let fields = event.fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    note("\(event.itemName ?? "-") \(event.kind.rawValue) \(fields.joined(separator: ", "))")
  }

  func violate(_ words: String) { violations.append("\(now / 1000)s: \(words)") }

  func after(_ milliseconds: Int64, _ what: Happening) {
    count += 1
    events.insert(Entry(at: now + max(0, milliseconds), number: count, life: life, what: what))
  }

  /// How long something is on its way.
  func way() -> Int64 { Int64(random.number(5...max(6, weather.longestWay))) }

  // MARK: - Lives

  /// A start is a recovery: there is no other.
  private func begin() async throws {
    life += 1
    turns = [:]
    knownPages = KnownPages()
    due = [:]
    listed = [:]
    wishes = [:]
    fence = try await journal.acquire(holder: "life \(life)", at: ourNow)
    fleet = Fleet(journal: journal, fence: fence, brakes: decider.policy.brakes, stream: EventStream()) {}
    for state in try await fleet.load() {
      schedule(state.key, at: state.isOnTheMove ? ourNow : state.nextLook)
    }
    after(way(), .sweep)
    after(1000, .tell)
    after(1500, .brake)
    if soak != nil { after(0, .keep) }
  }

  private func die() async throws {
    crashes += 1
    note("the process dies")
    // What is on the wire may arrive at Azure all the same; its answer finds nobody.
    let orphans = events.unordered.filter { entry in
      if entry.life == life, case .reach = entry.what { return random.chance(0.5) }
      return false
    }
    events = Heap(orphans)
    // A supervisor starts it again within a second or two; a host takes longer.
    let downtime = Int64(random.number(1...random.pick([2_000, 60_000])))
    clock.advance(by: Double(downtime) / 1000)
    now += downtime
    try await begin()
  }

  // MARK: - What happens

  private func handle(_ entry: Entry) async throws {
    do {
      switch entry.what {
      case .sweep: try await sweep()
      case .look(let key): try await look(key)
      case .reach(let key, let request): await reach(key, request, of: entry.life)
      case .answer(let key, let answer): try await go(key, answer)
      case .tell: try await tell()
      case .brake: try await brake()
      case .keep: try await keepHistory()
      }
    } catch let error as JournalError {
      if journal.hasDied() { return try await die() }
      guard error.code == .full else { throw error }
      note("the disk is full")
      // As the worker does: nothing was done that is not written, and the look is repeated.
      switch entry.what {
      case .look(let key), .reach(let key, _), .answer(let key, _):
        finish(key, next: ourNow + .seconds(5))
      case .sweep: after(5000, .sweep)
      case .tell: after(5000, .tell)
      case .brake: after(5000, .brake)
      case .keep: after(5000, .keep)
      }
    }
  }

  /// A turn is over; what fell due meanwhile comes next.
  func finish(_ key: ItemKey, next: Timestamp?) {
    turns[key] = nil
    if let asked = due[key] { after(asked - now, .look(key)) }
    if let next { schedule(key, at: next) }
  }

  func schedule(_ key: ItemKey, at time: Timestamp) {
    let at = now + max(0, (time - ourNow).inMilliseconds)
    if let known = due[key], known <= at { return }
    due[key] = at
    after(at - now, .look(key))
  }
}

extension Weather {
  var isStorm: Bool {
    [throttled, unavailable, answerLost, requestLost, garbage, stale, crash, diskFull, clockJump, orders].contains {
      $0 > 0
    }
  }
}

/// Time for parts of the engine that are never let wait.
struct NoTime: TimeSource {
  var now: Timestamp { Timestamp(milliseconds: 0) }
  func sleep(until deadline: Timestamp) async throws {}
}

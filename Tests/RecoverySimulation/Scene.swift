import AftercareTesting
import AzureCloud
import AzureSimulator
import FoundationEssentials
import Logging
import RecoveryCore
import WatchEngine

/// What a life happens in: Azure with its story and its weather, time, chance, how the watch is configured, and what was
/// seen of it all.
final class Scene {
  let seed: UInt64
  let soak: Soak?
  /// Several vaults, for several instances.
  let isShared: Bool
  let azure: SimulatedAzure
  let clock: SimulationClock
  let scenario: Scenario
  let exchange: FaultyExchange
  let limits: RequestBudget.Limits
  /// The same Azure without weather: for who judges.
  let oracle: AzureCloud
  /// For what dies at commits.
  let commitRandom: SeededGenerator
  let decider: Decider
  /// With all vaults of the story.
  let settings: EngineSettings
  /// Milliseconds between two looks at what is to be told.
  let tellsEvery: Int64
  let calmFrom: Int64
  let end: Int64
  /// How it is until the calm.
  let storm: Weather
  private(set) var weather: Weather
  var random: SeededGenerator
  let ticks: Ticks
  /// What must never be, and was.
  private(set) var violations: [String] = []
  /// What happened, for people: a line each.
  private(set) var trace: [String] = []
  private let isTraced: Bool
  /// How often each event was told, and when it was first.
  var told: [Int64: (times: Int, first: Int64)] = [:]
  /// Deliveries that a crash may have kept from being marked.
  var mayBeTwice: Set<Int64> = []
  /// Extensions whose install has succeeded somewhere in a vault, in any life.
  var proven: [ResourceID: Set<ExtensionKind>] = [:]
  var notLiveSince: [ResourceID: Int64] = [:]
  /// For parts of the engine that say to a logger what they could not do.
  let quiet = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  /// - Parameter isShared: several vaults, for several instances.
  init(seed: UInt64, soak: Soak? = nil, isShared: Bool = false, isTraced: Bool) throws {
    self.seed = seed
    self.soak = soak
    self.isShared = isShared
    self.isTraced = isTraced
    var random = SeededGenerator(seed: seed)
    var story = StoryGenerator(random.fork())
    let (yaml, last) = soak.map { story.soak($0) } ?? (isShared ? story.shared() : story.yaml())
    scenario = try Scenario(checking: yaml, file: "seed \(seed)")
    let begin = Date(timeIntervalSince1970: 1_770_113_700)
    clock = SimulationClock(manual: begin)
    ticks = Ticks(from: Timestamp(milliseconds: 1_770_113_700_000))
    azure = SimulatedAzure(scenario, clock: clock)
    var limits = RequestBudget.Limits()
    if soak == nil, random.chance(0.5) {
      limits.reads = RequestBudget.Limit(burst: 20, perSecond: 0.5)
      limits.writes = RequestBudget.Limit(burst: 4, perSecond: 0.1)
      limits.deletes = limits.writes
    }
    self.limits = limits
    // Each instance has a budget of its own, by a clock that is not quite Azure's.
    exchange = FaultyExchange(azure, limits: isShared ? .unlimited : limits, random: random.fork())
    oracle = AzureCloud(
      .simulator(FaultyExchange.origin), identity: .token(scenario.token),
      budgets: .unlimited,
      exchange: FaultyExchange(azure, limits: .unlimited, random: SeededGenerator(seed: 0)), pause: Pause { _ in })
    commitRandom = random.fork()
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
    let vaults = scenario.vaultIDs.compactMap { ResourceID($0) }
    guard !vaults.isEmpty else { throw ScenarioError(message: "seed \(seed): the story has no vault") }
    var settings = EngineSettings(vaults: vaults)
    settings.items = .seconds(random.pick([60, 120, 240]))
    settings.itemsMoving = .seconds(random.pick([30, 60]))
    if soak != nil {
      settings.items = .seconds(600)
      settings.itemsMoving = .seconds(600)
      settings.keepHistory = .seconds(7 * 86_400)
    }
    self.settings = settings
    tellsEvery = soak == nil ? (isShared ? 10_000 : 2000) : 60_000
    // Hours of calm at the end: what was begun must come to its end by then.
    end = Int64(last * 1000) + 4 * 3_600_000
    calmFrom = Int64(last * 1000) + 600_000
    self.random = random
    exchange.set(weather)
    if isTraced { trace.append(yaml) }
  }

  func advance(to time: Int64) {
    clock.advance(by: Double(time - now) / 1000)
    ticks.set(time)
    exchange.set(now: time)
  }

  /// From now on nothing goes wrong any more.
  func calmDown() {
    weather = .calm
    exchange.set(weather)
  }

  /// Milliseconds since the start.
  var now: Int64 { ticks.now }
  /// Azure's own time.
  var time: Timestamp { ticks.time }

  /// How long something is on its way.
  func way() -> Int64 { Int64(random.number(5...max(6, weather.longestWay))) }

  func note(_ line: @autoclosure () -> String) {
    if isTraced { trace.append("\(now / 1000)s \(line())") }
  }

  func note(_ event: Event) {
    guard isTraced else { return }
    let fields = event.fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    note("\(event.itemName ?? "-") \(event.kind.rawValue) \(fields.joined(separator: ", "))")
  }

  func violate(_ words: String) { violations.append("\(now / 1000)s: \(words)") }

  /// What must never be, and was, by what only others have seen.
  func convict(_ words: [String]) { violations += words }
}

/// Time for parts of the engine that are never let wait.
struct NoTime: TimeSource {
  var now: Timestamp { Timestamp(milliseconds: 0) }
  func sleep(until deadline: Timestamp) async throws {}
}

public import AftercareTesting
import AzureCloud
import AzureSimulator
import FoundationEssentials
public import RecoveryCore
import WatchEngine

/// One life of a watch against one simulated Azure, wholly determined by its seed: real decisions, real turns, the real
/// adapter and the real simulator, with virtual time and one thing at a time.
///
/// What the engine does with tasks is done here with a queue of events: a request reaches Azure some time after it was
/// sent, its answer arrives some time after that, other items go on between, and the process may die at any commit.
public final class Simulation {
  enum Happening {
    case watch(WatchLife.Happening)
    /// A request reaches Azure.
    case reach(ItemKey, ItemTurn.Request)
    case answer(ItemKey, ItemTurn.Answer)
  }

  let scene: Scene
  private let cloud: AzureCloud
  private let journal: CrashingJournal
  /// Each with the life of the process that asked for it.
  private var agenda = Agenda<(life: Int, what: Happening)>()
  private var life = 0
  private var watch: WatchLife?
  /// How far the clock of this host is from Azure's.
  private var skew: Int64 = 0
  public private(set) var crashes = 0
  /// Days of a soak that are over.
  private var days = 0
  /// Nothing more will come.
  private var isOver = false

  /// - Parameter soak: a large fleet over days, instead of a short story of a few machines.
  public init(
    seed: UInt64, journal base: any Journal = MemoryJournal(), soak: Soak? = nil, isTraced: Bool = false
  ) throws {
    scene = try Scene(seed: seed, soak: soak, isTraced: isTraced)
    let exchange = scene.exchange
    // Waits are virtual too: what was waited for has passed for the budget, and only for it.
    cloud = AzureCloud(
      .simulator(FaultyExchange.origin), identity: .token(scene.scenario.token), budgets: scene.limits,
      exchange: exchange, pause: Pause { exchange.wait($0) }, uptime: { exchange.uptime })
    journal = CrashingJournal(base, random: scene.commitRandom)
  }

  public var seed: UInt64 { scene.seed }
  /// What must never be, and was.
  public var violations: [String] { scene.violations }
  /// What happened, for people: a line each.
  public var trace: [String] { scene.trace }
  public var requests: Int { scene.exchange.requests }

  /// Lives the whole life and judges it.
  public func run() async throws {
    journal.set(scene.weather)
    try await begin()
    while let entry = agenda.next(), entry.at <= scene.end, scene.violations.isEmpty, !isOver {
      scene.advance(to: entry.at)
      if scene.now >= scene.calmFrom, scene.weather.isStorm {
        scene.calmDown()
        journal.set(scene.weather)
      }
      try await handle(entry.what.what, of: entry.what.life)
      scene.convict(scene.exchange.violations)
    }
    if scene.violations.isEmpty, let watch {
      scene.convict(try await scene.verdict(on: watch.fleet.all(), in: [journal]))
    }
  }

  // MARK: - Lives

  private func begin() async throws {
    life += 1
    let fence = try await journal.acquire(holder: "life \(life)", at: ourNow)
    let watch = WatchLife(
      of: scene.settings.vaults[0], in: scene, cloud: cloud, journal: journal, records: journal, fence: fence,
      surroundings: self)
    self.watch = watch
    try await watch.begin()
  }

  private func die() async throws {
    crashes += 1
    scene.note("the process dies")
    // What is on the wire may arrive at Azure all the same; its answer finds nobody.
    agenda.keep { entry in
      if entry.life == life, case .reach = entry.what { return scene.random.chance(0.5) }
      return false
    }
    // A supervisor starts it again within a second or two; a host takes longer.
    scene.advance(to: scene.now + Int64(scene.random.number(1...scene.random.pick([2_000, 60_000]))))
    try await begin()
  }

  // MARK: - What happens

  private func handle(_ what: Happening, of life: Int) async throws {
    guard let watch else { return }
    do {
      switch what {
      case .watch(.sweep): try await sweep(watch)
      case .watch(.keep): try await keepHistory(watch)
      case .watch(let what): try await watch.handle(what)
      case .reach(let key, let request): await reach(key, request, of: life)
      case .answer(let key, let answer): try await watch.go(key, answer)
      }
    } catch let error as JournalError {
      if journal.hasDied() { return try await die() }
      guard error.code == .full else { throw error }
      scene.note("the disk is full")
      // As the worker does: nothing was done that is not written, and the look is repeated.
      switch what {
      case .watch(let what): watch.putOff(what)
      case .reach(let key, _), .answer(let key, _): watch.putOff(.look(key))
      }
    }
  }

  /// A request has reached Azure. What it does there is done now; its answer is on its way back, to whoever asked.
  private func reach(_ key: ItemKey, _ request: ItemTurn.Request, of life: Int) async {
    guard let watch else { return }
    if case .begin(let effect) = request {
      scene.note("\(key) begins \(effect)")
      await watch.check(effect, for: key, isOrphan: life != self.life)
    }
    let answer = await watch.perform(request, for: key)
    guard life == self.life, let answer else { return }
    add(.answer(key, answer), after: scene.way())
  }

  private func sweep(_ watch: WatchLife) async throws {
    if scene.random.chance(scene.weather.clockJump) {
      skew += Int64(scene.random.number(-600_000...600_000))
      scene.note("the clock jumps: it is off by \(skew) ms")
    }
    try await watch.handle(.sweep)
    isOver = try await watch.isAtRest()
  }

  /// What the keeper of the history does; and what is only kept to judge goes with what it judges.
  private func keepHistory(_ watch: WatchLife) async throws {
    scene.toldTwice().forEach(scene.violate)
    let kept = scene.now - scene.settings.keepHistory.inMilliseconds
    scene.told = scene.told.filter { $0.value.first >= kept }
    scene.mayBeTwice = scene.mayBeTwice.filter { scene.told[$0] != nil }
    await scene.azure.forget(before: scene.clock.now.addingTimeInterval(-86_400))
    _ = try await journal.prune(before: ourNow - scene.settings.keepHistory, fence: watch.fence)
    let day = Int(scene.now / 86_400_000)
    if day > days { await scene.soak?.onDay(day, watch.fleet.all().count, requests, crashes) }
    days = day
    after(6 * 3_600_000, .keep)
  }

  private func add(_ what: Happening, after milliseconds: Int64) {
    agenda.add((life, what), at: scene.now + max(0, milliseconds))
  }
}

extension Simulation: Surroundings {
  /// Our own time: Azure's, and off by what the clock has jumped.
  var ourNow: Timestamp { scene.time + .milliseconds(skew) }

  func after(_ milliseconds: Int64, _ what: WatchLife.Happening) { add(.watch(what), after: milliseconds) }
  func ask(_ request: ItemTurn.Request, for key: ItemKey) { add(.reach(key, request), after: scene.way()) }

  func write<Value>(_ body: () async throws(JournalError) -> Value) async throws(JournalError) -> Value {
    try await body()
  }
}

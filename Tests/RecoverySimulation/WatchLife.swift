import AftercareTesting
import AzureCloud
import RecoveryCore
import WatchEngine

/// What a watch needs of the life that it is part of.
protocol Surroundings: AnyObject {
  /// By the clock that the watch goes by.
  var ourNow: Timestamp { get }
  func after(_ milliseconds: Int64, _ what: WatchLife.Happening)
  /// Has the request of a turn carried to Azure, and `WatchLife.go` called with the answer.
  func ask(_ request: ItemTurn.Request, for key: ItemKey)
  /// Lets pass one write after the other.
  func write<Value>(_ body: () async throws(JournalError) -> Value) async throws(JournalError) -> Value
}

/// One watch of one vault from its start to its end: what the engine's queue, workers, pollers and outbox do, one thing
/// at a time.
final class WatchLife {
  enum Happening {
    case sweep
    case look(ItemKey)
    case tell
    case brake
    /// Every six hours in a soak.
    case keep
  }

  let scene: Scene
  let vault: ResourceID
  let cloud: any Cloud
  /// As the watch reaches it.
  let journal: any Journal
  /// As who judges reaches it.
  let records: any Journal
  let fence: Fence
  let fleet: Fleet
  /// A watch that ends begins nothing more.
  var isEnding = false
  private(set) var turns: [ItemKey: ItemTurn] = [:]
  private var due: [ItemKey: Int64] = [:]
  private var listed: [ItemKey: ProtectedItem] = [:]
  private var knownPages = KnownPages()
  private var wishes: [ItemKey: Occasion.Wish] = [:]
  unowned let surroundings: any Surroundings

  init(
    of vault: ResourceID, in scene: Scene, cloud: any Cloud, journal: any Journal, records: any Journal, fence: Fence,
    surroundings: any Surroundings
  ) {
    self.vault = vault
    self.scene = scene
    self.cloud = cloud
    self.journal = journal
    self.records = records
    self.fence = fence
    self.surroundings = surroundings
    fleet = Fleet(journal: journal, fence: fence, brakes: scene.decider.policy.brakes, stream: EventStream()) {}
  }

  var decider: Decider { scene.decider }
  var settings: EngineSettings { scene.settings }
  private var ourNow: Timestamp { surroundings.ourNow }
  private func after(_ milliseconds: Int64, _ what: Happening) { surroundings.after(milliseconds, what) }

  /// A start is a recovery: there is no other.
  func begin() async throws(JournalError) {
    // In an order that is the same in each life.
    for state in try await fleet.load(noting: { $0 }).sorted(by: { $0.key < $1.key }) {
      schedule(state.key, at: state.isOnTheMove ? ourNow : state.nextLook)
    }
    after(scene.way(), .sweep)
    after(1000, .tell)
    after(1500, .brake)
    if scene.soak != nil { after(0, .keep) }
  }

  func handle(_ what: Happening) async throws {
    switch what {
    case .sweep: try await sweep()
    case .look(let key): try await look(key)
    case .tell: try await tell()
    case .brake: try await brake()
    case .keep: break
    }
  }

  /// What comes when the journal did not take something: as the engine does, which repeats it.
  func putOff(_ what: Happening) {
    switch what {
    case .look(let key): finish(key, next: ourNow + .seconds(5))
    case .sweep, .tell, .brake, .keep: after(5000, what)
    }
  }

  // MARK: - Turns

  /// A key has come due: one worker a key.
  private func look(_ key: ItemKey) async throws {
    guard let asked = due[key], asked <= scene.now else { return }
    guard turns[key] == nil else {
      // It stays due while it is handled, and is looked at once more afterwards.
      return
    }
    due[key] = nil
    let item = listed.removeValue(forKey: key)
    var known = await fleet.state(key)
    if known == nil, let item { known = decider.introduce(item, key: key, at: ourNow) }
    guard let known else { return }
    turns[key] = ItemTurn(
      known, for: Occasion(listed: item, wish: wishes.removeValue(forKey: key)), fleet: await fleet.summary,
      decider: decider, settings: settings)
    try await go(key, nil)
  }

  /// Drives a turn until it waits for Azure.
  func go(_ key: ItemKey, _ answer: ItemTurn.Answer?) async throws {
    guard let turn = turns[key] else { return }
    var answer = answer
    while !isEnding {
      let request = turn.advance(answer, at: ourNow)
      switch request {
      case .finish(let next):
        if turn.isEndless { scene.violate("\(key) is decided without end: \(turn.state.reason)") }
        finish(key, next: next)
        return
      case .commit(let change):
        for event in change.events { scene.note(event) }
        // What Azure has told is known, whether there is room on the disk for it or not.
        scene.proven[vault, default: []].formUnion(change.item?.heal?.installed ?? [])
        let seen = turn.trialsSeen
        let isTaken = try await surroundings.write { () async throws(JournalError) in
          try await fleet.commit(change, seeing: seen)
        }
        answer = isTaken ? .committed : .refused(await fleet.summary)
      case .readBaseline(let key): answer = .baseline(try await fleet.baseline(key))
      default:
        surroundings.ask(request, for: key)
        return
      }
    }
  }

  /// Asks Azure what a turn asks.
  func perform(_ request: ItemTurn.Request, for key: ItemKey) async -> ItemTurn.Answer? {
    let urgency = turns[key]?.urgency ?? .takenApart
    let cloud = self.cloud.asking(with: urgency)
    do throws(Fault) {
      switch request {
      case .readItem(let id, let vault): return .item(.success(try await cloud.protectedItem(id, in: vault)))
      case .readMachine(let id, let associations):
        guard var machine = try await cloud.machine(id) else { return .machine(.absent) }
        if associations {
          machine.associations = try await cloud.asking(with: urgency.onceBegun).associations(of: id)
        }
        return .machine(.found(machine))
      case .readAssociations(let id): return .associations(.success(try await cloud.associations(of: id)))
      case .readRows(let id, let former, let sources, let since):
        return .rows(.read(try await cloud.rows(of: id, after: former, in: sources, since: since)))
      case .begin(let effect): return .progress(.success(try await cloud.begin(effect)))
      case .poll(let operation): return .progress(.success(try await cloud.poll(operation)))
      case .commit, .readBaseline, .finish: return nil
      }
    } catch {
      switch request {
      case .readItem: return .item(.failure(error))
      case .readMachine: return .machine(.failed(error))
      case .readAssociations: return .associations(.failure(error))
      case .readRows: return .rows(.failed(error))
      default: return .progress(.failure(error))
      }
    }
  }

  /// A turn is over; what fell due meanwhile comes next.
  func finish(_ key: ItemKey, next: Timestamp?) {
    turns[key] = nil
    if let asked = due[key] { after(asked - scene.now, .look(key)) }
    if let next { schedule(key, at: next) }
  }

  func schedule(_ key: ItemKey, at time: Timestamp) {
    let at = scene.now + max(0, (time - ourNow).inMilliseconds)
    if let known = due[key], known <= at { return }
    due[key] = at
    after(at - scene.now, .look(key))
  }

  // MARK: - The item list

  private func sweep() async throws {
    var seen: Set<ItemKey> = []
    var pages = cloud.itemPages(of: vault)
    var isWhole = true
    do throws(Fault) {
      knownPages.begin(with: await fleet.revision)
      var place = pages.place
      while let page = try await pages.next(unless: knownPages.known) {
        var keys = page.known?.keys ?? []
        var news: [(ItemKey, ProtectedItem)] = []
        if page.known == nil {
          (news, keys) = await fleet.news(in: page.items)
          news += await fleet.drills(in: page.items, for: decider)
        }
        if news.isEmpty { knownPages.keep(page, at: place, keys: keys) }
        seen.formUnion(keys)
        for (key, item) in news {
          listed[key] = item
          schedule(key, at: ourNow)
        }
        place = pages.place
      }
    } catch {
      isWhole = false
    }
    if isWhole {
      for state in await fleet.unlisted(in: vault, besides: seen) {
        let (next, events) = decider.missing(state, at: ourNow)
        _ = try await surroundings.write { () async throws(JournalError) in
          try await fleet.commit(JournalChange(item: next, events: events))
        }
      }
    }
    let isMoving = await fleet.isMoving(in: vault) > 0
    after((isMoving ? settings.itemsMoving : settings.items).inMilliseconds, .sweep)
  }

  /// Whether every machine was looked at twice since the last thing that happened, nothing is on the move, and
  /// everything was told.
  func isAtRest() async throws -> Bool {
    guard scene.now >= scene.calmFrom + 2 * decider.policy.machine.inMilliseconds, turns.isEmpty else { return false }
    guard await !fleet.all().contains(where: { $0.isOnTheMove || $0.key.isDrill }) else { return false }
    return try await journal.undelivered(limit: 1).isEmpty
  }

  // MARK: - People

  /// What the keeper of the brakes does, and now and then a person.
  private func brake() async throws {
    if scene.weather.isStorm, scene.random.chance(scene.weather.orders) {
      let order: Order = scene.random.chance(0.5) ? .pause(reason: "a person is nervous") : .resume
      _ = try await journal.give(order, at: ourNow)
      scene.note("ordered: \(order)")
    }
    if !scene.weather.isStorm, await !fleet.summary.brakes.isOff { _ = try await journal.give(.resume, at: ourNow) }
    if decider.policy.mode == .approve, scene.random.chance(0.2) {
      _ = try await journal.give(.approve(nil), at: ourNow)
    }
    let voice = JournalVoice(scene.quiet, time: NoTime())
    let keeper = BrakeKeeper(journal: journal, fleet: fleet, time: NoTime(), voice: voice) { _, _ in }
    let wakes = try await surroundings.write { () async throws(JournalError) in try await keeper.look(at: ourNow) }
    for (key, wish) in wakes {
      if let wish { wishes[key] = wish }
      schedule(key, at: ourNow)
    }
    after(scene.soak == nil ? 10_000 : 60_000, .brake)
  }

  // MARK: - The outbox

  private func tell() async throws {
    try await tellWaiting()
    after(scene.tellsEvery, .tell)
  }

  /// Returns how many there were.
  @discardableResult
  func tellWaiting() async throws -> Int {
    let waiting = try await journal.undelivered(limit: 256)
    for recorded in waiting { scene.told[recorded.sequence, default: (0, scene.now)].times += 1 }
    if let last = waiting.last {
      do {
        try await surroundings.write { () async throws(JournalError) in
          try await journal.markDelivered(through: last.sequence, fence: fence)
        }
      } catch {
        // Told and not noted: it will be told again.
        scene.mayBeTwice.formUnion(waiting.map(\.sequence))
        throw error
      }
    }
    return waiting.count
  }
}

extension Heal {
  /// What it has installed in this round.
  var installed: [ExtensionKind] {
    steps.filter { $0.state == .succeeded && $0.verb == "install" }.compactMap(\.extensionKind)
  }
}

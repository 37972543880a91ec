import AftercareTesting
import AzureCloud
import AzureSimulator
import FoundationEssentials
import RecoveryCore
import WatchEngine

/// What the engine's queue, workers, pollers and outbox do, one thing at a time.
extension Simulation {
  /// A key has come due: one worker a key.
  func look(_ key: ItemKey) async throws {
    guard let asked = due[key], asked <= now else { return }
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
    guard var turn = turns[key] else { return }
    var answer = answer
    while true {
      let request = turn.advance(answer, at: ourNow)
      turns[key] = turn
      switch request {
      case .finish(let next):
        if turn.isEndless { violate("\(key) is decided without end: \(turn.state.reason)") }
        finish(key, next: next)
        return
      case .commit(let change):
        for event in change.events { note(event) }
        answer = try await fleet.commit(change) ? .committed : .refused(await fleet.summary)
        proven.formUnion(change.item?.heal?.installed ?? [])
      case .readBaseline(let key): answer = .baseline(try await fleet.baseline(key))
      default:
        after(way(), .reach(key, request))
        return
      }
    }
  }

  /// A request has reached Azure. What it does there is done now; its answer is on its way back, to whoever asked.
  func reach(_ key: ItemKey, _ request: ItemTurn.Request, of life: Int) async {
    let answer = await perform(request, for: key, of: life)
    guard life == self.life, let answer else { return }
    after(way(), .answer(key, answer))
  }

  private func perform(_ request: ItemTurn.Request, for key: ItemKey, of life: Int) async -> ItemTurn.Answer? {
    let cloud: any Cloud = turns[key]?.state.isOnTheMove ?? true ? self.cloud : self.cloud.patient
    do throws(Fault) {
      switch request {
      case .readItem(let id, let vault): return .item(.success(try await cloud.protectedItem(id, in: vault)))
      case .readMachine(let id, let associations):
        guard var machine = try await cloud.machine(id) else { return .machine(.absent) }
        if associations { machine.associations = try await cloud.associations(of: id) }
        return .machine(.found(machine))
      case .readAssociations(let id): return .associations(.success(try await cloud.associations(of: id)))
      case .readRows(let id, let former, let sources, let since):
        return .rows(.read(try await cloud.rows(of: id, after: former, in: sources, since: since)))
      case .begin(let effect):
        note("\(key) begins \(effect)")
        await check(effect, for: key, isOrphan: life != self.life)
        return .progress(.success(try await cloud.begin(effect)))
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

  // MARK: - The item list

  func sweep() async throws {
    if random.chance(weather.clockJump) {
      skew += Int64(random.number(-600_000...600_000))
      note("the clock jumps: it is off by \(skew) ms")
    }
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
        try await fleet.commit(JournalChange(item: next, events: events))
      }
    }
    isOver = try await isAtRest()
    let isMoving = await fleet.isMoving(in: vault) > 0
    after((isMoving ? settings.itemsMoving : settings.items).inMilliseconds, .sweep)
  }

  /// Whether every machine was looked at twice since the last thing that happened, nothing is on the move, and
  /// everything was told.
  private func isAtRest() async throws -> Bool {
    guard now >= calmFrom + 2 * decider.policy.machine.inMilliseconds, turns.isEmpty else { return false }
    guard await !fleet.all().contains(where: { $0.isOnTheMove || $0.key.isDrill }) else { return false }
    return try await journal.undelivered(limit: 1).isEmpty
  }

  // MARK: - People

  /// What the keeper of the brakes does, and now and then a person.
  func brake() async throws {
    if weather.isStorm, random.chance(weather.orders) {
      let order: Order = random.chance(0.5) ? .pause(reason: "a person is nervous") : .resume
      _ = try await journal.give(order, at: ourNow)
      note("ordered: \(order)")
    }
    if !weather.isStorm, await !fleet.summary.brakes.isOff { _ = try await journal.give(.resume, at: ourNow) }
    if decider.policy.mode == .approve, random.chance(0.2) { _ = try await journal.give(.approve(nil), at: ourNow) }
    let keeper = BrakeKeeper(journal: journal, fleet: fleet, time: NoTime(), logger: quiet) { _, _ in }
    for (key, wish) in try await keeper.look(at: ourNow) {
      if let wish { wishes[key] = wish }
      schedule(key, at: ourNow)
    }
    after(soak == nil ? 10_000 : 60_000, .brake)
  }

  // MARK: - The history

  /// What the keeper of the history does; and what is only kept to judge goes with what it judges.
  func keepHistory() async throws {
    toldTwice().forEach(violate)
    let kept = now - settings.keepHistory.inMilliseconds
    told = told.filter { $0.value.first >= kept }
    mayBeTwice = mayBeTwice.filter { told[$0] != nil }
    await azure.forget(before: clock.now.addingTimeInterval(-86_400))
    _ = try await journal.prune(before: ourNow - settings.keepHistory, fence: fence)
    let day = Int(now / 86_400_000)
    if day > days { await soak?.onDay(day, fleet.all().count, requests, crashes) }
    days = day
    after(6 * 3_600_000, .keep)
  }

  // MARK: - The outbox

  func tell() async throws {
    let waiting = try await journal.undelivered(limit: 256)
    for recorded in waiting { told[recorded.sequence, default: (0, now)].times += 1 }
    if let last = waiting.last {
      do {
        try await journal.markDelivered(through: last.sequence, fence: fence)
      } catch {
        // Told and not noted: it will be told again.
        mayBeTwice.formUnion(waiting.map(\.sequence))
        throw error
      }
    }
    after(soak == nil ? 2000 : 60_000, .tell)
  }
}

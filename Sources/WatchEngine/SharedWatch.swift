public import Logging
public import RecoveryCore
public import ServiceLifecycle
import Synchronization

/// The watch of one instance among several: a `Watch` for each vault whose lease it has, and no other.
///
/// A vault that is taken begins as after any start: with what the journal holds. One that is lost, or given to another
/// instance, ends as at any end. While the journal does not answer, what is held is watched on; nothing is begun, since
/// nothing can be written down.
public final class SharedWatch: Service, WatchFace {
  public let events: EventStream
  public let lateAfter: Duration
  private let configured: [ResourceID]
  private let instance: Instance
  private let keeper: LeaseKeeper
  private let time: SharedTime
  private let uptime: @Sendable () -> Duration
  private let span: Duration
  private let logger: Logger
  private let open: @Sendable (ResourceID, Tenure) async throws -> Watch
  private let canRead: @Sendable (ResourceID) async -> Bool
  private let state = Mutex(State())

  private struct State {
    /// Every vault that is being taken, watched or let go of; each with what ends it.
    var ends: [ResourceID: Alarm] = [:]
    var watches: [ResourceID: Watch] = [:]
    var picture: LeasePicture?
    var away: JournalRefusal?
    var isBlind = false
    /// Why a vault cannot be taken, as it was said last.
    var obstacles: [ResourceID: String] = [:]
    /// Of watches that have ended.
    var pastHints: [HintDesk.Outcome: Int] = [:]
  }

  /// - Parameters:
  ///   - span: how long a lease lasts without being renewed.
  ///   - lateAfter: after how long without a sweep a vault counts as not watched; nil for what the settings say.
  ///   - uptime: a clock that only goes forward, and goes on while the process is stopped.
  ///   - canRead: whether Azure lets a vault be read from here now.
  ///   - open: takes the lease of a vault, and makes its watch, with `events` and `time`.
  public init(
    vaults: [ResourceID], instance: Instance, leases: any Leases, span: Duration, settings: EngineSettings,
    lateAfter: Duration? = nil, events: EventStream, time: SharedTime, uptime: @escaping @Sendable () -> Duration,
    logger: Logger,
    canRead: @escaping @Sendable (ResourceID) async -> Bool,
    open: @escaping @Sendable (ResourceID, Tenure) async throws -> Watch
  ) {
    configured = vaults
    self.instance = instance
    keeper = LeaseKeeper(of: instance, leases: leases, vaults: Set(vaults), span: span, uptime: uptime)
    self.span = span
    self.lateAfter = lateAfter ?? settings.lateAfter
    self.events = events
    self.time = time
    self.uptime = uptime
    self.logger = logger
    self.canRead = canRead
    self.open = open
  }

  /// Shares until the task is cancelled or a graceful shutdown is asked for; then everything is handed over.
  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.share() }
    if state.withLock({ $0.away }) == nil {
      do throws(JournalError) {
        try await keeper.leave()
      } catch {
        logger.warning("the leases end by themselves", metadata: ["cause": "\(error.message)"])
      }
    }
    await events.finish()
  }

  private func share() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.seekSight() }
      while !Task.isCancelled {
        if let outcome = await beat() {
          for vault in outcome.lost + outcome.moves.give { state.withLock { $0.ends[vault] }?.ring() }
          for vault in outcome.moves.take {
            let end = Alarm()
            let isFree = state.withLock { state in
              guard state.ends[vault] == nil else { return false }
              state.ends[vault] = end
              return true
            }
            if isFree { group.addTask { await self.lookAfter(vault, until: end) } }
          }
        }
        try? await time.sleep(until: time.now + keeper.pause)
      }
      group.cancelAll()
    }
  }

  /// Longer than a process lives.
  private static let noEnd: Duration = .seconds(100 * 365 * 86_400)

  // MARK: - Leases

  private func beat() async -> LeaseKeeper.Outcome? {
    var busy: Set<ResourceID> = []
    for watch in current where await watch.moving() > 0 { busy.formUnion(watch.vaults) }
    let isBlind = await isBlindNow()
    let before = time.ofHost
    do throws(JournalError) {
      let outcome = try await keeper.beat(busy: busy, isBlind: isBlind)
      time.learn(outcome.picture.at, between: before, and: time.ofHost)
      let away = state.withLock { state in
        state.picture = outcome.picture
        return state.away.take()
      }
      if let away { await tellReturn(from: away) }
      return outcome
    } catch {
      let isNews = state.withLock { state in
        defer { state.away = JournalRefusal(since: state.away?.since ?? time.now, cause: error.message) }
        return state.away?.cause != error.message
      }
      if isNews {
        logger.error(
          "the journal does not answer: what is held is watched, and nothing is begun",
          metadata: ["cause": "\(error.message)", "vaults": "\(current.count)"])
      }
      return nil
    }
  }

  /// Whether Azure has let none of the vaults be read for a while; without any it is as it was. Where it is all the same
  /// from everywhere, the others are blind as well, and nothing moves.
  private func isBlindNow() async -> Bool {
    let watches = current
    guard !watches.isEmpty else { return state.withLock { $0.isBlind } }
    var isBlind = true
    for watch in watches where await !watch.isUnreadable(for: lateAfter) { isBlind = false }
    note(isBlind: isBlind)
    return isBlind
  }

  /// Whoever is blind and has no vault sees again when any can be read. Beside the beat: where Azure swallows requests, a
  /// question takes a minute, and who is silent for so long counts as gone.
  private func seekSight() async {
    while !Task.isCancelled {
      if state.withLock({ $0.isBlind && $0.watches.isEmpty }) {
        for vault in configured where await canRead(vault) {
          note(isBlind: false)
          break
        }
      }
      try? await time.sleep(until: time.now + keeper.pause)
    }
  }

  private func note(isBlind: Bool) {
    let isNews = state.withLock { state in
      defer { state.isBlind = isBlind }
      return state.isBlind != isBlind
    }
    if isNews, isBlind {
      logger.error("no vault can be read in Azure from here: the others are to look after them, if they can")
    } else if isNews {
      logger.notice("Azure can be read again")
    }
  }

  private func tellReturn(from away: JournalRefusal) async {
    logger.notice("the journal answers again", metadata: ["since": "\(away.since.iso8601)"])
    await tell(.journalReturned, ["since": away.since.iso8601, "cause": away.cause])
  }

  private func lookAfter(_ vault: ResourceID, until end: Alarm) async {
    do {
      let lease = HeldLease(of: span, uptime: uptime)
      let asked = uptime()
      let watch = try await open(vault, lease.tenure)
      lease.renew(for: span, asked: asked)
      await keeper.hold(vault, by: watch.fence, lease: lease)
      state.withLock { state in
        state.watches[vault] = watch
        state.obstacles[vault] = nil
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await watch.run() }
        group.addTask { [time] in await end.wait(until: time.now + SharedWatch.noEnd, on: time) }
        try await group.next()
        group.cancelAll()
        try await group.waitForAll()
      }
    } catch let error as JournalError where error.code == .locked {
      logger.debug("a vault is another's already", metadata: ["vault": "\(vault.name)", "cause": "\(error.message)"])
    } catch let error as JournalError where error.code == .fenced {
      logger.warning("a vault was taken over", metadata: ["vault": "\(vault.name)", "cause": "\(error.message)"])
    } catch is CancellationError {
    } catch {
      complain(of: vault, "\(error)")
    }
    await letGo(of: vault)
  }

  private func letGo(of vault: ResourceID) async {
    do throws(JournalError) {
      try await keeper.letGo(of: vault)
    } catch {
      logger.warning(
        "a lease ends by itself", metadata: ["vault": "\(vault.name)", "cause": "\(error.message)"])
    }
    state.withLock { state in
      if let watch = state.watches.removeValue(forKey: vault) {
        state.pastHints.merge(watch.hintCounts, uniquingKeysWith: +)
      }
      state.ends[vault] = nil
    }
  }

  /// Each obstacle once.
  private func complain(of vault: ResourceID, _ words: String) {
    let isNews = state.withLock { $0.obstacles.updateValue(words, forKey: vault) != words }
    guard isNews else { return }
    logger.error("a vault cannot be looked after here", metadata: ["vault": "\(vault.name)", "cause": "\(words)"])
  }

  // MARK: - What is seen of it

  private var current: [Watch] {
    state.withLock { state in state.watches.sorted { $0.key < $1.key }.map(\.value) }
  }

  public var vaults: [ResourceID] { state.withLock { Array($0.watches.keys) }.sorted() }

  public func states() async -> ItemStates {
    var all = ItemStates()
    for watch in current { all += await watch.states() }
    return all.sorted()
  }

  public func moving() async -> Int {
    var sum = 0
    for watch in current { sum += await watch.moving() }
    return sum
  }

  public func brakes() async -> Brakes {
    var all: [Brakes] = []
    for watch in current { all.append(await watch.brakes()) }
    return Brakes(ofAll: all)
  }

  public func alerts() async -> [Alert] {
    var all: [Alert] = []
    for watch in current { all += await watch.alerts() }
    return all
  }

  public func costs() async -> SweepCosts {
    var costs = SweepCosts()
    for watch in current { costs.add(await watch.costs()) }
    return costs
  }

  public func refusal() async -> JournalRefusal? {
    if let away = state.withLock({ $0.away }) { return away }
    for watch in current { if let refusal = await watch.refusal() { return refusal } }
    return nil
  }

  public func sharing() async -> Sharing? {
    state.withLock { Sharing(picture: $0.picture, away: $0.away) }
  }

  public func take(_ hints: [Hint]) {
    for watch in current { watch.take(hints) }
  }

  public func count(_ outcome: HintDesk.Outcome) { state.withLock { $0.pastHints[outcome, default: 0] += 1 } }

  public var hintCounts: [HintDesk.Outcome: Int] {
    current.reduce(into: state.withLock { $0.pastHints }) { $0.merge($1.hintCounts, uniquingKeysWith: +) }
  }

  /// In the story of one of the vaults: it is of all of them.
  public func tell(_ kind: EventKind, _ fields: [String: String]) async {
    guard let watch = current.first else {
      logger.notice("\(kind.sentence)", metadata: fields.mapValues { "\($0)" })
      return
    }
    await watch.tell(kind, fields)
  }
}

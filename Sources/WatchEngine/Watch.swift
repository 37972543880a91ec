public import Logging
public import RecoveryCore
public import ServiceLifecycle

/// The whole watch: pollers, queue, workers and a relay for each sink around one journal.
public final class Watch: Service {
  public let events: EventStream
  public let fleet: Fleet
  public let sweeps = SweepBoard()
  public let hints: HintDesk

  private let journal: any Journal
  let fence: Fence
  /// Nil where nothing is shared.
  private let instance: Instance?
  let cloud: any Cloud
  let decider: Decider
  let settings: EngineSettings
  private let relays: [OutboxRelay]
  let time: any TimeSource
  private let logger: Logger
  private let queue: WorkQueue
  private let tally = RequestTally()
  let voice: JournalVoice
  let worker: ItemWorker
  private let fenced: AsyncStream<JournalError>
  private let onFenced: AsyncStream<JournalError>.Continuation

  public var vaults: [ResourceID] { settings.vaults }
  /// A vault that was not read through for so long is not being watched.
  public var lateAfter: Duration { settings.lateAfter }

  /// Takes the journal: from now on no earlier holder can write to it.
  /// - Parameters:
  ///   - sinks: each with a name of its own.
  ///   - instance: whose watch it is, where several share the vaults; then `events` are those of all its watches.
  public init(
    cloud: any Cloud, journal: any Journal, sinks: [any AlertSink], decider: Decider, settings: EngineSettings,
    holder: String, instance: Instance? = nil, events stream: EventStream = EventStream(),
    time: any TimeSource = SystemTime(), logger: Logger
  ) async throws(JournalError) {
    self.journal = journal
    self.instance = instance
    self.cloud = cloud
    self.decider = decider
    self.settings = settings
    self.time = time
    self.logger = logger
    let voice = JournalVoice(logger, time: time)
    self.voice = voice
    let names = Set(sinks.map(\.name))
    precondition(names.count == sinks.count, "two sinks of one name would share a place in the journal")
    let fence = try await journal.acquire(holder: holder, telling: names, at: time.now)
    self.fence = fence
    let relays = sinks.map { sink in
      OutboxRelay(journal: journal, fence: fence, sink: sink, alarm: Alarm(), time: time, logger: logger)
    }
    self.relays = relays
    events = stream
    let fleet = Fleet(journal: journal, fence: fence, brakes: decider.policy.brakes, stream: stream) {
      voice.worked()
      relays.forEach { $0.alarm.ring() }
    }
    self.fleet = fleet
    let queue = WorkQueue(limit: settings.parallelMachines, time: time)
    self.queue = queue
    hints = HintDesk(vaults: settings.vaults, fleet: fleet, queue: queue, time: time, logger: logger)
    let (fenced, onFenced) = AsyncStream.makeStream(of: JournalError.self)
    (self.fenced, self.onFenced) = (fenced, onFenced)
    worker = ItemWorker(
      fleet: fleet, cloud: cloud, decider: decider, settings: settings, tally: tally, time: time, logger: logger,
      voice: voice,
      onFenced: { onFenced.yield($0) })
  }

  /// Watches until the task is cancelled or a graceful shutdown is asked for. Throws when another instance has taken
  /// the journal over.
  public func run() async throws {
    try await recover()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for vault in settings.vaults {
        let poller = poller(for: vault)
        group.addTask(executorPreference: cloud.executor) { try await poller.run() }
      }
      group.addTask(executorPreference: cloud.executor) { [queue, worker, fleet] in
        await cancelWhenGracefulShutdown {
          await queue.run { key, occasion in
            let next = await worker.handle(key, for: occasion)
            await queue.note(key, await fleet.urgency(of: key))
            return next
          }
        }
      }
      for relay in relays { group.addTask { try await relay.run() } }
      group.addTask { [brakes] in try await brakes.run() }
      group.addTask { [history] in try await history.run() }
      group.addTask { [alerts] in try await alerts.run() }
      group.addTask { [hints] in try await hints.run() }
      group.addTask { [fenced] in
        let lost = await cancelWhenGracefulShutdown {
          for await error in fenced { return Optional(error) }
          return nil
        }
        if let lost { throw lost }
      }
      try await group.waitForAll()
    }
    try? await fleet.say([event(.daemonStopped, sharing: .vaultLeft, at: time.now)])
    try await flush()
  }

  /// What the journal holds is taken up: running heals go on, and looks that fell due meanwhile are spread.
  private func recover() async throws(JournalError) {
    let (begin, vaults, span) = (time.now, Set(settings.vaults), decider.policy.machine)
    let looks = try await fleet.load { state in
      vaults.contains(state.vault) ? FirstLook(at: state, from: begin, within: span) : nil
    }
    let healing = await fleet.states(looks.filter(\.isHealing).map(\.key))
    let now = time.now
    var fields = [
      "items": String(await fleet.count), "mode": decider.policy.mode.rawValue, "running": String(healing.count),
    ]
    if instance == nil { fields["vaults"] = String(vaults.count) }
    try await fleet.say([event(.daemonStarted, sharing: .vaultTaken, at: now, fields: fields)])
    try await fleet.say(healing.sorted().flatMap { decider.resume($0, at: now) })
    for look in looks where look.urgency != .idle { await queue.note(look.key, look.urgency) }
    await queue.schedule(looks.lazy.map { ($0.key, $0.due) })
  }

  /// What a start has to know of an item: there may be a hundred thousand.
  private struct FirstLook: Sendable {
    let key: ItemKey
    let due: Timestamp
    let urgency: Urgency
    /// Whatever is more urgent than a failover is a heal.
    var isHealing: Bool { urgency < .moving }

    init(at state: ItemState, from now: Timestamp, within span: Duration) {
      key = state.key
      urgency = state.urgency
      guard !state.isOnTheMove else {
        due = now
        return
      }
      let share = Spread.fraction(of: state.key.text)
      let spread = now + .milliseconds(Int64(Double(span.inMilliseconds) * share))
      due = max(state.nextLook, min(spread, state.nextLook + span))
    }
  }

  /// The beginning or the end of this watch: of the daemon, or of one vault where several share them.
  private func event(
    _ alone: EventKind, sharing shared: EventKind, at now: Timestamp, fields: [String: String] = [:]
  ) -> Event {
    guard let instance else { return Event(alone, at: now, fields: fields) }
    return Event(
      shared, at: now, vault: vaults.first,
      fields: fields.merging(["instance": instance.id.text, "host": instance.host]) { $1 })
  }

  private func poller(for vault: ResourceID) -> VaultPoller {
    VaultPoller(
      vault: vault, fleet: fleet, queue: queue, cloud: cloud, decider: decider, settings: settings, tally: tally,
      nudge: hints.nudge(of: vault), time: time, logger: logger,
      voice: voice,
      onSweep: { [journal, fence, voice, sweeps] report in
        await sweeps.note(report)
        do throws(JournalError) {
          try await journal.record(report, fence: fence)
          voice.worked()
        } catch {
          voice.failed("a sweep cannot be written down", error)
        }
      })
  }

  private var history: HistoryKeeper {
    HistoryKeeper(journal: journal, fence: fence, keep: settings.keepHistory, time: time, logger: logger)
  }

  private var alerts: AlertKeeper {
    AlertKeeper(fleet: fleet, sweeps: sweeps, policy: settings.alerts, time: time, voice: voice)
  }

  private var brakes: BrakeKeeper {
    BrakeKeeper(journal: journal, fleet: fleet, time: time, voice: voice) { [queue, time] key, wish in
      await queue.schedule(key, at: time.now, for: wish.map { Occasion(wish: $0) })
    }
  }

  /// Whether none of its vaults could be read for so long.
  func isUnreadable(for span: Duration) async -> Bool {
    let unreadable = await sweeps.unreadable
    return vaults.allSatisfy { vault in
      guard let since = unreadable[vault], since.fault.kind != .throttled else { return false }
      return time.now - since.since >= span
    }
  }

  /// Says something of the watch itself.
  public func tell(_ kind: EventKind, _ fields: [String: String]) async {
    do throws(JournalError) {
      try await fleet.say([Event(kind, at: time.now, fields: fields)])
    } catch {
      logger.error("the journal does not take a change", metadata: ["cause": "\(error.message)"])
    }
  }

  /// Tells what is journalled and not told yet: the log all of it, every other sink what it takes within its time. The
  /// rest is told after the next start.
  public func flush() async throws {
    // The task shields it from cancellation: what was journalled on the way down is told before the process ends.
    let last = Task { [relays, time] in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for relay in relays {
          group.addTask {
            if relay.sink.name == SinkName.log { return try await relay.drain() }
            await Watch.within(Watch.farewell, on: time) { try? await relay.drain() }
          }
        }
        try await group.waitForAll()
      }
    }
    try await last.value
    if instance == nil { await events.finish() }
  }

  /// A service manager waits for two seconds.
  private static let farewell: Duration = .milliseconds(700)

  /// Cancels the body when its time is over.
  private static func within(
    _ span: Duration, on time: any TimeSource, _ body: @escaping @Sendable () async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      group.addTask { try? await time.sleep(until: time.now + span) }
      await group.next()
      group.cancelAll()
    }
  }
}

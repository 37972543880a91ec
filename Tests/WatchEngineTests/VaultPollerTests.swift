import AftercareTesting
import Logging
import RecoveryCore
import Synchronization
import Testing

@testable import WatchEngine

@Suite("The poller of a vault", .timeLimit(.minutes(10)))
struct VaultPollerTests {
  /// Runs a poller over an empty vault; `body` gets its nudge and its sweeps.
  static func polling(
    _ cloud: EmptyCloud = EmptyCloud(), on time: ManualTime,
    _ body: (Fleet, Alarm, AsyncStream<SweepReport>) async throws -> Void
  ) async throws {
    let journal = MemoryJournal()
    let fence = try await journal.acquire(holder: "test", telling: [], at: time.now)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let nudge = Alarm()
    let (reports, swept) = AsyncStream.makeStream(of: SweepReport.self)
    let fleet = Fleet(journal: journal, fence: fence, stream: EventStream()) {}
    let poller = VaultPoller(
      vault: Samples.vault, fleet: fleet,
      queue: WorkQueue(limit: 1, time: time), cloud: cloud,
      decider: Decider(policy: Policy(), requirements: Requirements(profiles: [])),
      settings: EngineSettings(vaults: [Samples.vault]), tally: RequestTally(), nudge: nudge, time: time,
      logger: logger, voice: JournalVoice(logger, time: SystemTime()), onSweep: { swept.yield($0) })
    let running = Task { try await poller.run() }
    try await body(fleet, nudge, reports)
    running.cancel()
    try await running.value
  }

  /// When the next sweep began.
  static func next(_ sweeps: AsyncStream<SweepReport>) async -> Timestamp? { await sweeps.first { _ in true }?.started }

  @Test("sweeps at once when it is nudged, and then not again before a pause, however often it is nudged")
  func nudged() async throws {
    let time = ManualTime(now: Samples.start)
    try await Self.polling(on: time) { _, nudge, sweeps in
      #expect(await Self.next(sweeps) == Samples.start)
      await time.isAwaited(at: Samples.start + .seconds(60))
      nudge.ring()
      #expect(await Self.next(sweeps) == Samples.start, "no time has passed")
      for round in 1...20 {
        let early = Samples.start + HintDesk.pause * round
        for _ in 0..<5000 { nudge.ring() }
        await time.isAwaited(at: early)
        for _ in 0..<5000 { nudge.ring() }
        time.advance(by: HintDesk.pause)
        #expect(await Self.next(sweeps) == early, "100,000 hints in 100 s are 20 sweeps")
        await time.isAwaited(at: early + .seconds(60))
      }
      time.advance(by: .seconds(60))
      #expect(
        await Self.next(sweeps) == Samples.start + .seconds(160), "what one sweep has seen asks for no other")
    }
  }

  @Test("lets Azure rest for as long as it asks to, whatever is hinted")
  func throttled() async throws {
    let time = ManualTime(now: Samples.start)
    try await Self.polling(EmptyCloud(retryAfter: .seconds(40)), on: time) { _, nudge, sweeps in
      _ = await Self.next(sweeps)
      nudge.ring()
      await time.isAwaited(at: Samples.start + .seconds(40))
      time.advance(by: .seconds(40))
      #expect(await Self.next(sweeps) == Samples.start + .seconds(40))
    }
  }

  @Test("does not read a page again that showed nothing new, until something is known otherwise")
  func knownPage() async throws {
    let asked = Mutex<[KnownPage?]>([])
    let cloud = EmptyCloud { known in
      asked.withLock { $0.append(known) }
      if let known, known.digest == 7 { return ItemPage(known: known) }
      return ItemPage(items: [Samples.item()], digest: 7)
    }
    let time = ManualTime(now: Samples.start)
    let key = ItemIndex().key(of: Samples.item())
    try await Self.polling(cloud, on: time) { fleet, _, sweeps in
      func sweep() async -> (known: KnownPage?, items: Int?) {
        let report = await sweeps.first { _ in true }
        await time.isAwaited(at: time.now + .seconds(60))
        time.advance(by: .seconds(60))
        return (asked.withLock { $0.last ?? nil }, report?.items)
      }
      #expect(await sweep().known == nil, "the first sweep knows nothing")
      #expect(await sweep().known == nil, "the item was news")
      var state = ItemState(key: key, item: Samples.item(), at: time.now)
      state.reason = .allWell
      state.live = MachineIdentity(id: Samples.source, vmID: "v")
      try await fleet.commit(JournalChange(item: state, events: []))
      #expect(await sweep().known == nil, "an item is known otherwise")
      let quiet = await sweep()
      #expect(quiet.known == KnownPage(digest: 7, keys: [key], next: nil) && quiet.items == 1)
      state.lastLook = time.now
      try await fleet.commit(JournalChange(item: state, events: []))
      #expect(await sweep().known != nil, "a look that found nothing new changes nothing")
      state.testMachine = Samples.recovered
      try await fleet.commit(JournalChange(item: state, events: []))
      #expect(await sweep().known == nil)
      #expect(await sweep().known == nil, "what the list shows is not what is known")
    }
  }
}

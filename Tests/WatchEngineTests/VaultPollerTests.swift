import AftercareTesting
import Logging
import RecoveryCore
import Testing

@testable import WatchEngine

@Suite("The poller of a vault", .timeLimit(.minutes(10)))
struct VaultPollerTests {
  /// Runs a poller over an empty vault; `body` gets its nudge and its sweeps.
  static func polling(
    _ cloud: EmptyCloud = EmptyCloud(), on time: ManualTime,
    _ body: (Alarm, AsyncStream<SweepReport>) async throws -> Void
  ) async throws {
    let journal = MemoryJournal()
    let fence = try await journal.acquire(holder: "test", telling: [], at: time.now)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let nudge = Alarm()
    let (reports, swept) = AsyncStream.makeStream(of: SweepReport.self)
    let poller = VaultPoller(
      vault: Samples.vault, fleet: Fleet(journal: journal, fence: fence, stream: EventStream()) {},
      queue: WorkQueue(limit: 1, time: time), cloud: cloud,
      decider: Decider(policy: Policy(), requirements: Requirements(profiles: [])),
      settings: EngineSettings(vaults: [Samples.vault]), tally: RequestTally(), nudge: nudge, time: time,
      logger: logger, onSweep: { swept.yield($0) })
    let running = Task { try await poller.run() }
    try await body(nudge, reports)
    running.cancel()
    try await running.value
  }

  /// When the next sweep began.
  static func next(_ sweeps: AsyncStream<SweepReport>) async -> Timestamp? { await sweeps.first { _ in true }?.started }

  @Test("sweeps at once when it is nudged, and then not again before a pause, however often it is nudged")
  func nudged() async throws {
    let time = ManualTime(now: Samples.start)
    try await Self.polling(on: time) { nudge, sweeps in
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
    try await Self.polling(EmptyCloud(retryAfter: .seconds(40)), on: time) { nudge, sweeps in
      _ = await Self.next(sweeps)
      nudge.ring()
      await time.isAwaited(at: Samples.start + .seconds(40))
      time.advance(by: .seconds(40))
      #expect(await Self.next(sweeps) == Samples.start + .seconds(40))
    }
  }
}

import AftercareTesting
import Logging
import RecoveryCore
import Synchronization
import Testing

@testable import WatchEngine

@Suite("The relay of a sink", .timeLimit(.minutes(10)))
struct OutboxRelayTests {
  @Test("goes on when another sink is stuck, and the stuck one misses nothing")
  func independent() async throws {
    let stage = try await Stage(sinks: [TestSink("log"), TestSink("stuck", failures: .max)])
    try await stage.run { stage in
      let first = try await stage.say([.healStarted, .stepStarted, .healHealed])
      try await stage.until { stage.sinks[0].sequences == first }
      try await stage.until { stage.sinks[1].attempts >= 2 }
      #expect(stage.sinks[1].sequences.isEmpty)
      #expect(try await stage.journal.backlog() == ["log": 0, "stuck": 3])
      stage.sinks[1].mend()
      let second = try await stage.say([.healStarted])
      try await stage.until { stage.sinks[1].sequences == first + second }
      #expect(stage.sinks[0].sequences == first + second)
    }
  }

  @Test("says once that a sink fails, once for another cause, and once that it works again")
  func saidOnce() async throws {
    let stage = try await Stage(sinks: [TestSink("webhook", failures: 5, cause: { $0 < 3 ? "HTTP 503" : "HTTP 500" })])
    try await stage.run { stage in
      let told = try await stage.say([.alertRaised])
      try await stage.until { stage.sinks[0].sequences == told }
      try await stage.until { stage.lines.value.count == 3 }
      #expect(
        stage.lines.value == [
          "error a sink does not take events; they are kept for it: HTTP 503",
          "error a sink does not take events; they are kept for it: HTTP 500",
          "notice a sink takes events again: ",
        ])
    }
  }

  @Test("waits longer each time, within a bound; as long as it is asked to; and long when it is refused")
  func backOff() async throws {
    let stage = try await Stage(sinks: [TestSink("webhook", failures: 14)])
    try await stage.run(step: .milliseconds(500)) { stage in
      _ = try await stage.say([.alertRaised])
      try await stage.until { stage.sinks[0].sequences.count == 1 }
    }
    let waits = stage.sinks[0].waits
    #expect(waits.count == 14)
    for (number, wait) in waits.enumerated() {
      let nominal = min(1 << number, 300)
      // A fifth of jitter, and the steps of the manual clock.
      #expect(
        wait >= .milliseconds(nominal * 790) && wait <= .milliseconds(nominal * 1210 + 1500), "\(number): \(wait)")
    }
    let asked = SinkError(.unavailable, "HTTP 429", remedy: "", retryAfter: .seconds(77))
    let refused = SinkError(.refused, "HTTP 404", remedy: "")
    for (error, least) in [(asked, Duration.seconds(77)), (refused, .seconds(900))] {
      let stage = try await Stage(sinks: [TestSink("webhook", failures: 1, error: error)])
      try await stage.run(step: .seconds(5)) { stage in
        _ = try await stage.say([.alertRaised])
        try await stage.until { stage.sinks[0].sequences.count == 1 }
      }
      #expect(stage.sinks[0].waits.allSatisfy { $0 >= least && $0 <= least + .seconds(15) }, "\(stage.sinks[0].waits)")
    }
  }

  @Test("hands over what the sink wants, in order and in batches, and passes over the rest")
  func filter() async throws {
    let stage = try await Stage(
      sinks: [TestSink("alerts", filter: .alerts, batch: 2), TestSink("notices", filter: .level(.notice))])
    try await stage.run { stage in
      let kinds: [EventKind] = [.legWell, .alertRaised, .stepStarted, .alertRepeated, .healHealed, .alertResolved]
      let all = try await stage.say(kinds + [.stepAccepted])
      try await stage.until { try await stage.journal.backlog().values.allSatisfy { $0 == 0 } }
      #expect(stage.sinks[0].sequences == [all[1], all[3], all[5]])
      #expect(stage.sinks[0].batches.allSatisfy { $0 <= 2 })
      #expect(stage.sinks[1].sequences == [all[1], all[3], all[4], all[5]])
    }
  }

  @Test("tells the rest on the way down, and a stuck sink holds nobody up")
  func drain() async throws {
    let (sink, stuck) = (TestSink("webhook"), TestSink("stuck", failures: .max))
    let stage = try await Stage(sinks: [sink, stuck])
    let told = try await stage.say(Array(repeating: .healHealed, count: 600))
    try await stage.relays[0].drain()
    #expect(sink.sequences == told)
    await #expect(throws: SinkError.self) { try await stage.relays[1].drain() }
    #expect(try await stage.journal.undelivered(to: "stuck", limit: 1000).map(\.sequence) == told)
  }
}

/// Relays on a journal in memory and a clock that a test moves.
private struct Stage: Sendable {
  let journal = MemoryJournal()
  let time = ManualTime()
  let lines = Lines()
  let sinks: [TestSink]
  let relays: [OutboxRelay]
  private let fence: Fence

  init(sinks: [TestSink]) async throws {
    self.sinks = sinks
    let fence = try await journal.acquire(holder: "test", telling: Set(sinks.map(\.name)), at: time.now)
    self.fence = fence
    let (journal, time, lines) = (journal, time, lines)
    relays = sinks.map { sink in
      sink.time = { time.now }
      return OutboxRelay(
        journal: journal, fence: fence, sink: sink, alarm: Alarm(), time: time,
        logger: Logger(label: "test") { _ in lines })
    }
  }

  func say(_ kinds: [EventKind]) async throws -> [Int64] {
    let recorded = try await journal.commit(
      JournalChange(events: kinds.map { Event($0, at: time.now) }), fence: fence)
    relays.forEach { $0.alarm.ring() }
    return recorded.map(\.sequence)
  }

  /// Lets the clock go in steps until the body has come to its end.
  func run(
    step: Duration = .seconds(1), _ body: @escaping @Sendable (Stage) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for relay in relays { group.addTask { try await relay.run() } }
      group.addTask { [time] in
        while !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(2))
          time.advance(by: step)
        }
      }
      try await body(self)
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  func until(_ isSo: () async throws -> Bool) async throws {
    while try await !isSo() { try await Task.sleep(for: .milliseconds(1)) }
  }
}

/// Takes events, after so many failures.
private final class TestSink: AlertSink {
  private struct State {
    var told: [Int64] = []
    var batches: [Int] = []
    var attempts: [Timestamp] = []
    var failures: Int
    var time: @Sendable () -> Timestamp = { Samples.start }
  }

  let name: String
  let filter: EventFilter
  let batch: Int
  private let error: SinkError
  private let cause: (@Sendable (Int) -> String)?
  private let state: Mutex<State>

  init(
    _ name: String, filter: EventFilter = .level(.debug), batch: Int = 256, failures: Int = 0,
    error: SinkError = SinkError(.unavailable, "HTTP 503", remedy: "wait"),
    cause: (@Sendable (Int) -> String)? = nil
  ) {
    self.name = name
    self.filter = filter
    self.batch = batch
    self.error = error
    self.cause = cause
    state = Mutex(State(failures: failures))
  }

  var time: @Sendable () -> Timestamp {
    get { state.withLock { $0.time } }
    set { state.withLock { $0.time = newValue } }
  }

  var sequences: [Int64] { state.withLock { $0.told } }
  var batches: [Int] { state.withLock { $0.batches } }
  var attempts: Int { state.withLock { $0.attempts.count } }
  /// Between one attempt and the next.
  var waits: [Duration] {
    let attempts = state.withLock { $0.attempts }
    return zip(attempts, attempts.dropFirst()).map { $1 - $0 }
  }

  func mend() { state.withLock { $0.failures = 0 } }

  func deliver(_ events: [RecordedEvent]) async throws {
    try state.withLock { state in
      state.attempts.append(state.time())
      if state.failures > 0 {
        state.failures -= 1
        var error = error
        if let cause { error.message = cause(state.attempts.count) }
        throw error
      }
      state.batches.append(events.count)
      state.told += events.map(\.sequence)
    }
  }
}

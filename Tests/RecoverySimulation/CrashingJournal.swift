import AftercareTesting
import RecoveryCore
import Synchronization

/// A journal whose process dies at commits: before one, or after it and before anybody heard of it; or whose disk is
/// full for a while.
final class CrashingJournal: Journal {
  private struct State {
    var random: SeededGenerator
    var weather = Weather.calm
    var isDead = false
  }

  private let base: any Journal
  private let state: Mutex<State>

  init(_ base: any Journal, random: SeededGenerator) {
    self.base = base
    state = Mutex(State(random: random))
  }

  /// Whether the process has died since the question was last asked.
  func hasDied() -> Bool {
    state.withLock { state in
      defer { state.isDead = false }
      return state.isDead
    }
  }

  func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

  private enum Fate { case good, full, diesBefore, diesAfter }

  private func fate() -> Fate {
    state.withLock { state in
      let (crashes, isFull, isBefore) = (
        state.random.chance(state.weather.crash), state.random.chance(state.weather.diskFull), state.random.chance(0.5)
      )
      if crashes {
        state.isDead = true
        return isBefore ? .diesBefore : .diesAfter
      }
      return isFull ? .full : .good
    }
  }

  private static let dead = JournalError(.failed, "the process has died")

  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    switch fate() {
    case .good: return try await base.commit(changes, fence: fence)
    case .full: throw JournalError(.full, "the disk is full")
    case .diesBefore: throw CrashingJournal.dead
    case .diesAfter:
      _ = try await base.commit(changes, fence: fence)
      throw CrashingJournal.dead
    }
  }

  func markDelivered(_ sequences: [Int64], fence: Fence) async throws(JournalError) {
    switch fate() {
    case .good: try await base.markDelivered(sequences, fence: fence)
    case .full: throw JournalError(.full, "the disk is full")
    case .diesBefore: throw CrashingJournal.dead
    case .diesAfter:
      try await base.markDelivered(sequences, fence: fence)
      throw CrashingJournal.dead
    }
  }

  func acquire(holder: String, at now: Timestamp) async throws(JournalError) -> Fence {
    try await base.acquire(holder: holder, at: now)
  }
  func load() async throws(JournalError) -> JournalImage { try await base.load() }
  func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? { try await base.baseline(of: item) }
  func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    try await base.baselines(of: item, last: limit)
  }
  func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int {
    try await base.prune(before: before, fence: fence)
  }
  func undelivered(limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await base.undelivered(limit: limit)
  }
  func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) {
    try await base.record(sweep, fence: fence)
  }
  func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await base.events(about: subject, last: limit)
  }
  func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    try await base.heals(about: subject, last: limit)
  }
  func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await base.give(order, at: now)
  }
  func openOrders() async throws(JournalError) -> [RecordedOrder] { try await base.openOrders() }
  func answer(to order: Int64) async throws(JournalError) -> OrderAnswer? { try await base.answer(to: order) }
  func sweeps() async throws(JournalError) -> [SweepReport] { try await base.sweeps() }
}

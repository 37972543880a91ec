import AftercareTesting
import RecoveryCore
import Synchronization

/// A journal whose process dies at commits: before one, or after it and before anybody heard of it; or whose disk is
/// full for a while.
final class CrashingJournal: JournalDecorator {
  private struct State {
    var random: SeededGenerator
    var weather = Weather.calm
    var isDead = false
  }

  let base: any Journal
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

  func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    switch fate() {
    case .good: try await base.markDelivered(through: sequence, to: sink, fence: fence)
    case .full: throw JournalError(.full, "the disk is full")
    case .diesBefore: throw CrashingJournal.dead
    case .diesAfter:
      try await base.markDelivered(through: sequence, to: sink, fence: fence)
      throw CrashingJournal.dead
    }
  }
}

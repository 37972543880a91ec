public import RecoveryCore
import Synchronization
public import WatchEngine

/// Time that moves only when a test says so. Whoever sleeps is woken by `advance`, and a test can wait until somebody
/// sleeps: a handshake, never a hope.
public final class ManualTime: TimeSource {
  private struct Sleeper {
    let deadline: Timestamp
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Timestamp
    var sleepers: [Int: Sleeper] = [:]
    var cancelled: Set<Int> = []
    var nextID = 0
  }

  private let state: Mutex<State>

  public init(now: Timestamp = Timestamp(milliseconds: 1_770_000_000_000)) { state = Mutex(State(now: now)) }

  public var now: Timestamp { state.withLock { $0.now } }

  public func sleep(until deadline: Timestamp) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let immediate: Result<Void, any Error>? = state.withLock { state in
          if state.cancelled.remove(id) != nil || Task.isCancelled { return .failure(CancellationError()) }
          if deadline <= state.now { return .success(()) }
          state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          return nil
        }
        if let immediate { continuation.resume(with: immediate) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Returns when somebody sleeps until then.
  public func isAwaited(at deadline: Timestamp) async {
    while !state.withLock({ $0.sleepers.values.contains { $0.deadline == deadline } }) { await Task.yield() }
  }

  /// Moves time and wakes whoever's time has come.
  public func advance(by span: Duration) {
    let due = state.withLock { state in
      state.now = state.now + span
      let now = state.now
      let due = state.sleepers.filter { $0.value.deadline <= now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }
}

import RecoveryCore
import Synchronization

/// Something to wait for: it rings, or its time comes. One task waits at a time; rings while nobody waits are kept,
/// as one. (An `AsyncStream` would not do: it ends for good when a task that waits on it is cancelled.)
final class Alarm: Sendable {
  private struct State {
    var hasRung = false
    var isCancelled = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func ring() {
    let waiter = state.withLock { state in
      let waiter = state.waiter.take()
      state.hasRung = waiter == nil
      return waiter
    }
    waiter?.resume()
  }

  /// Takes back a ring that nobody waited for.
  func hush() { state.withLock { $0.hasRung = false } }

  /// Returns at a ring, at the deadline, or when the task is cancelled.
  func wait(until deadline: Timestamp, on time: any TimeSource) async {
    state.withLock { $0.isCancelled = false }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.nextRing() }
      group.addTask { try? await time.sleep(until: deadline) }
      await group.next()
      group.cancelAll()
    }
  }

  private func nextRing() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.hasRung || state.isCancelled {
            state.hasRung = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.isCancelled = true
        return state.waiter.take()
      }
      waiter?.resume()
    }
  }
}

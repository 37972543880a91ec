import Logging
import Synchronization
import UnixSignals

/// SIGHUP, SIGTERM and SIGINT over the whole life of the process.
///
/// One that comes while no watch runs, before the first one or between two of them, is kept for the next: whoever sent it
/// sends no second one. Of several that are alike one is kept, as the kernel does.
final class HostSignals: Sendable {
  enum Request: Equatable {
    /// SIGHUP.
    case reload
    /// SIGTERM or SIGINT.
    case end
  }

  private struct Pending {
    var reload = false
    var end = false
    var bell: AsyncStream<Void>.Continuation?
  }

  /// More than everything that has a time of its own takes on the way down.
  private static let patience: Duration = .seconds(5)

  private let trapped: UnixSignalsSequence
  private let pending = Mutex(Pending())

  /// Returns when they are trapped: none is lost from here on, and none ends the process by itself.
  init() async { trapped = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint) }

  /// Hears them until it is cancelled, and tells the service manager that the end has begun.
  ///
  /// It ends the process when nothing else does: a start, or a journal that does not answer, may hold the watch up for as
  /// long as it wants. What was not written down by then is found out by the next start, as after a crash.
  func listen(telling manager: ServiceManager, logger: Logger) async {
    await withDiscardingTaskGroup { group in
      for await signal in trapped {
        guard hear(signal) == .end else { continue }
        manager.stopping()
        group.addTask {
          guard (try? await Task.sleep(for: HostSignals.patience)) != nil else { return }
          logger.warning(
            "ended without waiting for the journal any longer", metadata: ["waited": "\(HostSignals.patience)"])
          endProcess(0)
        }
      }
      group.cancelAll()
    }
  }

  /// Rings when there is something to take, and at once when there is already. There is one listener at a time.
  func bell() -> AsyncStream<Void> {
    let (stream, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    pending.withLock { pending in
      pending.bell = bell
      if pending.reload || pending.end { bell.yield() }
    }
    return stream
  }

  var asksToEnd: Bool { pending.withLock { $0.end } }

  /// What the host asks for, an end before anything else. An end stays: nothing comes after it.
  func take() -> Request? {
    pending.withLock { pending in
      if pending.end { return .end }
      defer { pending.reload = false }
      return pending.reload ? .reload : nil
    }
  }

  /// Nil when the same was asked for before and is still to come.
  private func hear(_ signal: UnixSignal) -> Request? {
    pending.withLock { pending in
      defer { pending.bell?.yield() }
      if signal == .sighup {
        defer { pending.reload = true }
        return pending.reload ? nil : .reload
      }
      defer { pending.end = true }
      return pending.end ? nil : .end
    }
  }
}

import RecoveryCore

/// Something to wait for: it rings, or its time comes. Rings while nobody waits are kept, as one.
final class Alarm: Sendable {
  private let rings: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation

  init() {
    (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func ring() { bell.yield() }

  /// Returns at a ring, at the deadline, or when the task is cancelled.
  func wait(until deadline: Timestamp, on time: any TimeSource) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [rings] in
        for await _ in rings { return }
      }
      group.addTask { try? await time.sleep(until: deadline) }
      await group.next()
      group.cancelAll()
    }
  }
}

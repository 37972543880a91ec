import RecoveryCore

/// Events as they come, and a beat when none came for a while.
struct Beats: AsyncSequence {
  enum Element: Sendable {
    case event(RecordedEvent)
    case pause
  }

  private let merged: AsyncStream<Element>

  init(_ events: AsyncStream<RecordedEvent>, every interval: Duration = .seconds(15)) {
    merged = AsyncStream { continuation in
      let work = Task {
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            for await event in events { continuation.yield(.event(event)) }
            continuation.finish()
          }
          group.addTask {
            while (try? await Task.sleep(for: interval)) != nil { continuation.yield(.pause) }
          }
          await group.next()
          group.cancelAll()
        }
      }
      continuation.onTermination = { _ in work.cancel() }
    }
  }

  func makeAsyncIterator() -> AsyncStream<Element>.Iterator { merged.makeAsyncIterator() }
}

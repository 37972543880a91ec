import Synchronization

/// How many event streams are open; each holds a connection for as long as somebody looks.
final class StreamLimit: Sendable {
  private let most: Int
  private let open = Mutex(0)

  init(_ most: Int) { self.most = most }

  /// False when no further one may be opened.
  func enter() -> Bool {
    open.withLock { open in
      guard open < most else { return false }
      open += 1
      return true
    }
  }

  func leave() { open.withLock { $0 -= 1 } }
}

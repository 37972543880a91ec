import Glibc

/// A thread of our own, outside the cooperative pool, for calls that block.
///
/// Whoever holds it calls exactly one of `join` and `detach`, exactly once.
struct PosixThread: Sendable {
  private let thread: pthread_t

  /// Starts `body`, or returns nil if the system has no thread to give.
  ///
  /// Every signal is blocked on the new thread, and on those that it starts: the process's own handling of SIGTERM
  /// stays where it is, and a peer that hangs up during a TLS write cannot end the process with SIGPIPE.
  init?(_ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      return nil
    }
    self.thread = thread
  }

  /// Waits for the thread to end. Blocks, so call it only when the thread's work is known to be over.
  func join() {
    pthread_join(thread, nil)
  }

  /// Lets the thread end by itself.
  func detach() {
    pthread_detach(thread)
  }

  /// What the thread needs to begin; handed over as one retained pointer.
  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }
}

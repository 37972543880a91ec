import Glibc

/// A thread of a connection's own, as the executor of its actor: what waits for the network there holds up nobody else,
/// least of all Swift's cooperative pool.
final class WorkThread: SerialExecutor {
  private let inbox: Inbox

  /// Nil if the system has no thread to give.
  init?() {
    inbox = Inbox()
    guard inbox.start() else { return nil }
  }

  deinit { inbox.close() }

  func enqueue(_ job: consuming ExecutorJob) {
    inbox.put(UnownedJob(job), for: asUnownedSerialExecutor())
  }

  /// What the thread has to do. The thread keeps it alive, and not the executor: the last job may be the one that lets
  /// the executor go.
  ///
  /// `@unchecked Sendable` because everything in it is touched between lock and unlock of its mutex alone.
  private final class Inbox: @unchecked Sendable {
    private typealias Entry = (job: UnownedJob, executor: UnownedSerialExecutor)

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private var entries: [Entry] = []
    private var isClosed = false

    init() {
      mutex = .allocate(capacity: 1)
      mutex.initialize(to: pthread_mutex_t())
      filled = .allocate(capacity: 1)
      filled.initialize(to: pthread_cond_t())
      let code = pthread_mutex_init(mutex, nil) + pthread_cond_init(filled, nil)
      precondition(code == 0, "a mutex could not be made: error \(code)")
    }

    deinit {
      pthread_cond_destroy(filled)
      filled.deinitialize(count: 1)
      filled.deallocate()
      pthread_mutex_destroy(mutex)
      mutex.deinitialize(count: 1)
      mutex.deallocate()
    }

    /// Every signal is blocked on the thread: the process's own handling of SIGTERM stays where it is.
    func start() -> Bool {
      let context = Unmanaged.passRetained(self)
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          var all = sigset_t()
          sigfillset(&all)
          pthread_sigmask(SIG_SETMASK, &all, nil)
          Unmanaged<Inbox>.fromOpaque(context).takeRetainedValue().run()
          return nil
        }, context.toOpaque())
      guard code == 0 else {
        context.release()
        return false
      }
      pthread_detach(thread)
      return true
    }

    func put(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
      pthread_mutex_lock(mutex)
      entries.append((job, executor))
      pthread_cond_signal(filled)
      pthread_mutex_unlock(mutex)
    }

    func close() {
      pthread_mutex_lock(mutex)
      isClosed = true
      pthread_cond_signal(filled)
      pthread_mutex_unlock(mutex)
    }

    private func run() {
      while let entry = next() { entry.job.runSynchronously(on: entry.executor) }
    }

    /// Waits; nil once there is nothing left and nothing can come.
    private func next() -> Entry? {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      while entries.isEmpty {
        if isClosed { return nil }
        pthread_cond_wait(filled, mutex)
      }
      return entries.removeFirst()
    }
  }
}

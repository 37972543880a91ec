/// The callers' side of the transfer thread: hands requests over, takes cancellations, starts and ends the thread.
final class TransferLoop: Sendable {
  /// Everything behind the lock.
  struct State: Sendable {
    var inbox = TransferInbox()
    /// What of tasks is to run on the thread.
    var jobs: [UnownedJob] = []
    /// There while the thread runs; used under the lock to wake it and for nothing else.
    var multi: MultiHandle?
    /// The thread waits, or is about to: only then is there something to wake.
    var isWaiting = false
    var thread: PosixThread?
    var phase = Phase.idle
    /// Those who wait for the thread's end.
    var waiters: [CheckedContinuation<Void, Never>] = []

    mutating func takeJobs() -> [UnownedJob] { exchange(&jobs, with: []) }

    /// Makes the thread look into the inbox. While it does not wait it will by itself.
    mutating func wake() {
      guard isWaiting else { return }
      isWaiting = false
      multi?.wake()
    }
  }

  enum Phase: Sendable {
    /// No request has come yet. Can become `running`.
    case idle
    /// Can become `ended`.
    case running
    /// The thread has freed all it had, and does nothing more but return.
    case ended
  }

  private let configuration: CurlClient.Configuration
  private let state = Locked(State())

  init(configuration: CurlClient.Configuration) {
    self.configuration = configuration
  }

  var statistics: TransferStatistics { state.withLock { $0.inbox.statistics } }

  func perform(_ plan: TransferPlan) async -> TransferOutcome {
    let id = state.withLock { $0.inbox.reserve() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let refusal = state.withLock { state in
          // In the lock that `onCancel` takes: a cancellation before this line is seen here, one after it finds the
          // entry.
          let isCancelled = Task.isCancelled
          // Without a thread the request would wait for ever.
          let hasThread = state.inbox.isClosed || isCancelled || start(&state)
          defer { state.wake() }
          return state.inbox.enqueue(id, plan, continuation, isCancelled: isCancelled, hasThread: hasThread)
        }
        if let refusal { continuation.resume(returning: .failure(refusal)) }
      }
    } onCancel: {
      let cancelled = state.withLock { state in
        let cancelled = state.inbox.cancel(id)
        if cancelled != nil { state.wake() }
        return cancelled
      }
      if let cancelled { cancelled.continuation.resume(returning: .failure(cancelled.error)) }
    }
  }

  /// Fails what is pending, and returns when the thread has closed every connection and is gone.
  func shutDown() async {
    close(with: .shutDown)
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.phase == .running { state.waiters.append(continuation) }
        return state.phase != .running
      }
      if isOver { continuation.resume() }
    }
    // The thread's work is over, so this waits for its return and no more.
    takeThread()?.join()
  }

  /// Ends the thread without waiting for it.
  func letGo() {
    close(with: .shutDown)
    takeThread()?.detach()
  }

  private func takeThread() -> PosixThread? {
    state.withLock { state in
      defer { state.thread = nil }
      return state.thread
    }
  }

  private func close(with reason: TransportError.Code) {
    let orphans = state.withLock { state in
      defer { state.wake() }
      return state.inbox.close(with: reason)
    }
    for orphan in orphans { orphan.continuation.resume(returning: .failure(orphan.error)) }
  }

  /// Starts the thread with the first request: a client that is made and not used costs nothing.
  /// False if the system has no thread to give; the next request tries again.
  private func start(_ state: inout State) -> Bool {
    guard state.phase == .idle else { return true }
    guard let thread = PosixThread({ self.runThread() }) else { return false }
    state.thread = thread
    state.phase = .running
    return true
  }

  private func runThread() {
    if !serve() { close(with: .other) }
    let (waiters, jobs) = state.withLock { state in
      state.phase = .ended
      defer { state.waiters.removeAll() }
      return (state.waiters, state.takeJobs())
    }
    for job in jobs { runElsewhere(job) }
    for waiter in waiters { waiter.resume() }
  }

  /// The thread's whole life with libcurl; the multi handle and its connections are gone when this returns. False if
  /// libcurl failed.
  private func serve() -> Bool {
    guard
      let multi = MultiHandle(
        maximumConnections: configuration.maximumConnections, perHost: configuration.maximumConnectionsPerHost)
    else { return false }
    state.withLock { $0.multi = multi }
    defer { state.withLock { $0.multi = nil } }
    return TransferThread(multi: multi, inbox: state, executor: self, configuration: configuration).run()
  }
}

/// Tasks that prefer it run on the transfer thread: what an answer is waited for by goes on where the answer came, and no
/// thread wakes another.
extension TransferLoop: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isTaken = state.withLock { state in
      guard state.phase != .ended, start(&state) else { return false }
      state.jobs.append(job)
      state.wake()
      return true
    }
    if !isTaken { runElsewhere(job) }
  }

  /// A task outlives the thread, and goes on in the pool.
  private func runElsewhere(_ job: UnownedJob) { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
}

/// What callers and the transfer thread share, always under one lock.
///
/// An entry stands here from `enqueue` until somebody takes it out: the thread with an outcome, a cancellation, or the
/// shutdown. Whoever takes it out resumes its continuation, after unlocking; so each is resumed exactly once.
struct TransferInbox: Sendable {
  typealias Continuation = CheckedContinuation<TransferOutcome, Never>

  struct ID: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  /// What the thread has to do next.
  struct Orders: Sendable {
    var start: [(id: ID, plan: TransferPlan)] = []
    var abandon: [ID] = []
    var isClosed = false
  }

  private struct Entry: Sendable {
    let continuation: Continuation
    let host: String
    /// Nil once the thread has taken it: from then on the request may have been sent.
    var plan: TransferPlan?
  }

  private(set) var statistics = TransferStatistics()
  private(set) var isClosed = false
  private var lastNumber: UInt64 = 0
  private var entries: [ID: Entry] = [:]
  /// May name entries that are gone.
  private var queue: [ID] = []
  private var abandoned: [ID] = []

  mutating func reserve() -> ID {
    statistics.started += 1
    lastNumber += 1
    return ID(number: lastNumber)
  }

  /// Takes the request in, or says why not; then the caller resumes.
  mutating func enqueue(
    _ id: ID, _ plan: TransferPlan, _ continuation: Continuation, isCancelled: Bool, hasThread: Bool
  ) -> TransportError? {
    var refusal: TransportError?
    if isCancelled {
      refusal = Self.cancelled(host: plan.address.authority, maybeSent: false)
    } else if isClosed {
      refusal = Self.shutDown(host: plan.address.authority, maybeSent: false)
    } else if !hasThread {
      refusal = TransportError(
        code: .outOfMemory, message: "the system has no thread to give", host: plan.address.authority,
        requestMayHaveBeenSent: false)
    }
    if let refusal {
      statistics.count(.failure(refusal))
      return refusal
    }
    entries[id] = Entry(continuation: continuation, host: plan.address.authority, plan: plan)
    queue.append(id)
    return nil
  }

  /// Takes out a cancelled request, unless it is over or has not come yet; in the latter case `enqueue` will see that
  /// the task is cancelled.
  mutating func cancel(_ id: ID) -> (continuation: Continuation, error: TransportError)? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    if entry.plan == nil { abandoned.append(id) }
    let error = Self.cancelled(host: entry.host, maybeSent: entry.plan == nil)
    statistics.count(.failure(error))
    return (entry.continuation, error)
  }

  /// Takes out a request that came to its end, unless it was cancelled meanwhile.
  mutating func finish(_ id: ID, _ outcome: TransferOutcome, _ traffic: TransferTraffic) -> Continuation? {
    statistics.count(traffic)
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    statistics.count(outcome)
    return entry.continuation
  }

  /// Whether something has come since the last time.
  var hasOrders: Bool { isClosed || !queue.isEmpty || !abandoned.isEmpty }

  /// What has come since the last time. The thread calls it.
  mutating func takeOrders() -> Orders {
    var orders = Orders(abandon: abandoned, isClosed: isClosed)
    abandoned.removeAll(keepingCapacity: true)
    for id in queue {
      guard let plan = entries[id]?.plan else { continue }
      entries[id]?.plan = nil
      orders.start.append((id, plan))
    }
    queue.removeAll(keepingCapacity: true)
    return orders
  }

  /// Counts a transfer that was given up after its entry had gone.
  mutating func count(_ traffic: TransferTraffic) {
    statistics.count(traffic)
  }

  /// Takes everything out and lets nothing in any more.
  mutating func close(with reason: TransportError.Code) -> [(continuation: Continuation, error: TransportError)] {
    isClosed = true
    queue.removeAll()
    let orphans = entries.values.map { entry in
      var error = Self.shutDown(host: entry.host, maybeSent: entry.plan == nil)
      if reason != .shutDown {
        error.code = reason
        error.message = "the transfer thread had to end"
      }
      return (continuation: entry.continuation, error: error)
    }
    entries.removeAll()
    for orphan in orphans { statistics.count(.failure(orphan.error)) }
    return orphans
  }

  private static func cancelled(host: String, maybeSent: Bool) -> TransportError {
    TransportError(
      code: .cancelled, message: "the calling task was cancelled", host: host, requestMayHaveBeenSent: maybeSent)
  }

  private static func shutDown(host: String, maybeSent: Bool) -> TransportError {
    TransportError(
      code: .shutDown, message: "the client is shut down", host: host, requestMayHaveBeenSent: maybeSent)
  }
}

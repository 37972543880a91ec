import CCurl

/// The loop that moves every transfer of a client. Made and used on the transfer thread alone.
final class TransferThread {
  private let multi: MultiHandle
  private let inbox: Locked<TransferLoop.State>
  private let executor: TransferLoop
  private let configuration: CurlClient.Configuration
  private var transfers: [TransferInbox.ID: Transfer] = [:]
  /// Handles that are free: libcurl would take down and make again for each transfer what is the same for all.
  private var idle: [EasyHandle] = []
  /// When some transfer has to be looked at for its limits. Early is harmless.
  private var nextCheck: ContinuousClock.Instant?

  /// Longest wait, should a wake-up ever be lost.
  private static let longestWait = Duration.seconds(1)

  /// Rounds of jobs before the transfers are moved again: jobs that make jobs without end starve nobody.
  private static let rounds = 8

  init(
    multi: MultiHandle, inbox: Locked<TransferLoop.State>, executor: TransferLoop,
    configuration: CurlClient.Configuration
  ) {
    self.multi = multi
    self.inbox = inbox
    self.executor = executor
    self.configuration = configuration
  }

  /// Runs until the inbox is closed. False if libcurl itself gave up.
  func run() -> Bool {
    defer { abandonAll() }
    while true {
      runJobs()
      let orders = inbox.withLock { $0.inbox.takeOrders() }
      guard !orders.isClosed else { return true }
      for id in orders.abandon { abandon(id) }
      for order in orders.start { start(order.id, order.plan) }
      guard multi.perform() else { return false }
      while let ended = multi.nextEnded() {
        finish(ended.transfer, ended.transfer.outcome(ended.code), isWhole: ended.code == CURLE_OK)
      }
      checkLimits()
      // What comes from here on finds somebody to wake.
      let isIdle = inbox.withLock { state in
        state.isWaiting = !state.inbox.hasOrders && state.jobs.isEmpty
        return state.isWaiting
      }
      guard !isIdle || multi.wait(milliseconds: patience()) else { return false }
    }
  }

  /// Before the orders: they are what jobs ask for.
  private func runJobs() {
    let executor = executor.asUnownedTaskExecutor()
    for _ in 0..<Self.rounds {
      let jobs = inbox.withLock { state in
        state.isWaiting = false
        return state.takeJobs()
      }
      if jobs.isEmpty { return }
      for job in jobs { job.runSynchronously(on: executor) }
    }
  }

  private func start(_ id: TransferInbox.ID, _ plan: TransferPlan) {
    do throws(TransportError) {
      let transfer = try transfer(id, plan)
      guard multi.add(transfer.easy) else {
        throw TransportError(
          code: .outOfMemory, message: "the transfer could not be added", host: plan.address.authority,
          requestMayHaveBeenSent: false)
      }
      transfers[id] = transfer
      let due = transfer.lookAgain(after: .now)
      nextCheck = min(nextCheck ?? due, due)
    } catch {
      conclude(id, .failure(error), TransferTraffic())
    }
  }

  /// Over a handle that is free, unless this libcurl does not take one a second time.
  private func transfer(_ id: TransferInbox.ID, _ plan: TransferPlan) throws(TransportError) -> Transfer {
    if let kept = idle.popLast(),
      let transfer = try? Transfer(id: id, plan: plan, over: kept, configuration: configuration)
    {
      return transfer
    }
    return try Transfer(id: id, plan: plan, over: EasyHandle(), configuration: configuration)
  }

  /// - Parameter isWhole: libcurl has come to the end of the answer.
  private func finish(_ transfer: Transfer, _ outcome: TransferOutcome, isWhole: Bool = false) {
    let traffic = transfer.traffic
    multi.remove(transfer.easy)
    transfers[transfer.id] = nil
    // What was broken off may keep more of its state through a reset than we know, and goes with its transfer.
    if isWhole, idle.count < configuration.maximumConnections {
      transfer.easy.reset()
      idle.append(transfer.easy)
    }
    conclude(transfer.id, outcome, traffic)
  }

  private func conclude(_ id: TransferInbox.ID, _ outcome: TransferOutcome, _ traffic: TransferTraffic) {
    let continuation = inbox.withLock { $0.inbox.finish(id, outcome, traffic) }
    continuation?.resume(returning: outcome)
  }

  /// Gives up a transfer whose caller is gone. It may have ended in the same moment.
  private func abandon(_ id: TransferInbox.ID) {
    guard let transfer = transfers.removeValue(forKey: id) else { return }
    let traffic = transfer.traffic
    multi.remove(transfer.easy)
    inbox.withLock { $0.inbox.count(traffic) }
  }

  private func abandonAll() {
    for id in Array(transfers.keys) { abandon(id) }
  }

  private func checkLimits() {
    let now = ContinuousClock.now
    guard let due = nextCheck, due <= now else { return }
    nextCheck = nil
    for transfer in Array(transfers.values) {
      let (overdue, lookAgain) = transfer.check(at: now)
      if let overdue {
        finish(transfer, .failure(overdue))
      } else {
        nextCheck = min(nextCheck ?? lookAgain, lookAgain)
      }
    }
  }

  private func patience() -> Int {
    guard let nextCheck else { return Self.longestWait.limitMilliseconds }
    return min(ContinuousClock.now.duration(to: nextCheck), Self.longestWait).limitMilliseconds
  }
}

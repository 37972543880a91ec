import AftercareTesting
import AzureCloud
import CurlTransport
import RecoveryCore

/// The way from parts of the engine into the process that they are part of.
///
/// `@unchecked Sendable` because only one strand of a life runs at a time, and nothing else does meanwhile: see `Stage`.
struct Link: @unchecked Sendable {
  private unowned let process: InstanceLife
  private var life: SharedSimulation { process.life }

  init(_ process: InstanceLife) { self.process = process }

  func pause(_ span: Duration) async throws {
    // Never for less than was asked, or who counts in less than milliseconds would ask without end.
    let call = await untilCancelled { await life.sleep(span.inMilliseconds + 1) }
    if case .cutOff = call { throw CancellationError() }
  }

  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    try await life.carry(request, of: process) { wait in await untilCancelled(wait) }
  }

  private func untilCancelled(_ wait: () async -> Strand.Call) async -> Strand.Call {
    guard let strand = life.stage.current, !Task.isCancelled else { return .cutOff }
    // Whoever cancels is the one strand that runs.
    nonisolated(unsafe) let (stage, waiting) = (life.stage, strand)
    return await withTaskCancellationHandler(operation: wait) { stage.wake(waiting, by: .cutOff) }
  }

  /// Something that may be done twice. Where its answer is lost, it was done and fails all the same.
  func ask<Value>(_ body: () async throws(JournalError) -> Value) async throws(JournalError) -> Value {
    try await life.goToDatabase(process)
    let value = try await body()
    guard try await life.comeFromDatabase(process) else { throw Link.lost }
    return value
  }

  /// A look, which is short.
  func look<Value>(_ body: () async throws(JournalError) -> Value) async throws(JournalError) -> Value {
    if process.isOver { throw DistantJournal.gone }
    guard case .good = life.contact(of: process.host) else { throw Link.lost }
    return try await body()
  }

  /// A commit: an error says that nothing was written, and a lost answer is asked for until it is known.
  func commit<Value>(
    to vault: ResourceID, by fence: Fence, _ body: () async throws(JournalError) -> Value
  ) async throws(JournalError) -> Value {
    try await life.goToDatabase(process)
    if life.dies(process) { throw DistantJournal.gone }
    let value = try await body()
    life.judge(commitTo: vault, by: fence)
    if life.dies(process) { throw DistantJournal.gone }
    while try await !life.comeFromDatabase(process) {
      try await life.awaitDatabase(process)
      try life.settle(vault, fence)
    }
    return value
  }

  func note(taking vault: ResourceID, by fence: Fence) { life.note(process, taking: vault, by: fence) }

  static let lost = JournalError(.failed, "the database does not answer")
}

/// Azure, as a process reaches it.
struct DistantExchange: HTTPExchange {
  let link: Link

  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    try await link.send(request)
  }
}

/// The leases, as a process reaches them.
struct DistantLeases: Leases {
  let base: any Leases
  let link: Link

  func beat(
    _ instance: Instance, renewing held: [ResourceID: Fence], wanting vaults: Set<ResourceID>, for span: Duration
  ) async throws(JournalError) -> LeasePicture {
    try await link.ask { () async throws(JournalError) in
      try await base.beat(instance, renewing: held, wanting: vaults, for: span)
    }
  }

  func release(_ vault: ResourceID, fence: Fence) async throws(JournalError) {
    try await link.ask { () async throws(JournalError) in try await base.release(vault, fence: fence) }
  }

  func leave(_ instance: InstanceID) async throws(JournalError) {
    try await link.ask { () async throws(JournalError) in try await base.leave(instance) }
  }

  func picture() async throws(JournalError) -> LeasePicture {
    try await link.look { () async throws(JournalError) in try await base.picture() }
  }
}

/// The journal of a vault, as a process reaches it.
struct DistantJournal: JournalDecorator {
  static let gone = JournalError(.failed, "the process is gone")

  let base: any Journal
  let vault: ResourceID
  let link: Link

  func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence {
    try await link.ask { () async throws(JournalError) in
      let fence = try await base.acquire(holder: holder, telling: sinks, at: now)
      link.note(taking: vault, by: fence)
      return fence
    }
  }

  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    try await link.commit(to: vault, by: fence) { () async throws(JournalError) in
      try await base.commit(changes, fence: fence)
    }
  }

  func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    try await link.commit(to: vault, by: fence) { () async throws(JournalError) in
      try await base.markDelivered(through: sequence, to: sink, fence: fence)
    }
  }

  func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage {
    try await link.look { () async throws(JournalError) in try await base.load(handingTo: take) }
  }

  func baseline(of item: ItemKey) async throws(JournalError) -> Baseline? {
    try await link.look { () async throws(JournalError) in try await base.baseline(of: item) }
  }

  func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await link.look { () async throws(JournalError) in try await base.undelivered(to: sink, limit: limit) }
  }

  func openOrders() async throws(JournalError) -> [RecordedOrder] {
    try await link.look { () async throws(JournalError) in try await base.openOrders() }
  }
}

import AftercareTesting
import AzureCloud
import RecoveryCore
import WatchEngine

/// A vault in the hands of one process, from the taking of its lease until it is let go of.
final class Tenancy: Surroundings {
  let vault: ResourceID
  let process: InstanceLife
  private let lease: HeldLease
  private(set) var watch: WatchLife?
  /// The one that looks after the vault from beginning to end.
  private var keeper: Strand?
  private var isRung = false
  private var isWriting = false
  private var writers: [Strand] = []
  private var life: SharedSimulation { process.life }

  init(of vault: ResourceID, by process: InstanceLife) {
    self.vault = vault
    self.process = process
    let clock = process.host.clock
    lease = HeldLease(of: process.life.span) { clock.uptime }
  }

  func begin() { keeper = process.start(nil) { [self] in await lookAfter() } }

  /// The vault is another's, or is to be.
  func end() {
    isRung = true
    if let keeper, keeper.waiting == .end { life.stage.wake(keeper, by: .goOn) }
  }

  /// Nothing is under way in it any more.
  func isQuiet() {
    if isRung, let keeper, keeper.waiting == .end { life.stage.wake(keeper, by: .goOn) }
  }

  private func lookAfter() async {
    do {
      try await take()
      while !isRung, !process.isOver { _ = await life.stage.wait(for: .end) }
    } catch {
      life.scene.note("\(process.instance.id) does not look after \(vault.name): \(error.message)")
    }
    if !process.isOver { await letGo() }
    keeper = nil
    process.isOver(self)
  }

  private func take() async throws(JournalError) {
    let records = life.database.journal(of: vault)
    let journal = DistantJournal(base: records, vault: vault, link: Link(process))
    let asked = process.host.clock.uptime
    let fence = try await journal.acquire(holder: process.instance.id.text, at: ourNow)
    life.scene.note("\(process.instance.id) takes \(vault.name) with token \(fence.token)")
    let watch = WatchLife(
      of: vault, in: life.scene, cloud: process.cloud.acting(while: lease.tenure), journal: journal, records: records,
      fence: fence, surroundings: self)
    self.watch = watch
    lease.renew(for: life.span, asked: asked)
    await process.keeper.hold(vault, by: fence, lease: lease)
    try await say(.vaultTaken, of: watch)
    try await watch.begin()
  }

  /// What is under way is cut off, but for what the journal was given: that is waited for.
  private func letGo() async {
    if let watch {
      life.scene.note("\(process.instance.id) lets go of \(vault.name)")
      watch.isEnding = true
      for strand in process.strands(of: self) { strand.cancel() }
      while !process.strands(of: self).isEmpty, !process.isOver { _ = await life.stage.wait(for: .end) }
      try? await say(.vaultLeft, of: watch)
      while !process.isOver, let count = try? await watch.tellWaiting(), count > 0 {}
    }
    guard !process.isOver else { return }
    try? await process.keeper.letGo(of: vault)
  }

  private func say(_ kind: EventKind, of watch: WatchLife) async throws(JournalError) {
    let event = Event(kind, at: ourNow, vault: vault, fields: ["instance": process.instance.id.text])
    try await write { () async throws(JournalError) in try await watch.fleet.say([event]) }
  }

  /// Runs something of the watch, with what follows where the journal does not take it.
  func run(
    _ what: WatchLife.Happening, for effect: (key: ItemKey, effect: Effect)? = nil,
    _ body: @escaping () async throws -> Void
  ) {
    process.start(self, for: effect) { [self] in
      do {
        try await body()
      } catch let error as JournalError {
        guard !process.isOver, let watch, !watch.isEnding else { return }
        if error.code == .fenced { return end() }
        watch.putOff(what)
      } catch {
        life.scene.violate("the simulation itself failed: \(error)")
      }
    }
  }

  // MARK: - Surroundings

  var ourNow: Timestamp { process.time.now }

  func after(_ milliseconds: Int64, _ what: WatchLife.Happening) {
    // A budget counts in less than milliseconds: what waits for it may not ask again at this very moment.
    life.add(.watch(self, what), after: max(1, milliseconds))
  }

  func ask(_ request: ItemTurn.Request, for key: ItemKey) {
    guard let watch else { return }
    var effect: (key: ItemKey, effect: Effect)?
    if case .begin(let wanted) = request { effect = (key, wanted) }
    run(.look(key), for: effect) { [process] in
      guard let answer = await watch.perform(request, for: key), !process.isOver else { return }
      try await watch.go(key, answer)
    }
  }

  /// As the writer of a shard does: a second write waits until it is known what came of the first.
  func write<Value>(_ body: () async throws(JournalError) -> Value) async throws(JournalError) -> Value {
    while isWriting, !process.isOver, let strand = life.stage.current {
      writers.append(strand)
      _ = await life.stage.wait(for: .turn)
    }
    if process.isOver { throw DistantJournal.gone }
    isWriting = true
    defer {
      isWriting = false
      if !writers.isEmpty { life.stage.wake(writers.removeFirst(), by: .goOn) }
    }
    return try await body()
  }
}

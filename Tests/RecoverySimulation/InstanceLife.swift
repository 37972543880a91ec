import AftercareTesting
import AzureCloud
import AzureSimulator
import RecoveryCore
import WatchEngine

/// One run of one process of an instance: what the shared watch does with tasks, it does with strands.
final class InstanceLife {
  let instance: Instance
  let host: Host
  let time: SharedTime
  unowned let life: SharedSimulation
  var tenancies: [ResourceID: Tenancy] = [:]
  private(set) var isOver = false
  private var isStopping = false
  private var strands: [Strand] = []
  /// The one that beats.
  private var heart: Strand?

  init(on host: Host, in life: SharedSimulation) {
    self.host = host
    self.life = life
    host.runs += 1
    let name = "host-\(host.number)"
    instance = Instance(
      id: InstanceID("\(name)-run-\(host.runs)"), host: name, version: "1.0.0", started: host.clock.now)
    time = SharedTime(host.clock)
  }

  private(set) lazy var keeper: LeaseKeeper = {
    let clock = host.clock
    return LeaseKeeper(
      of: instance, leases: DistantLeases(base: life.database.leases, link: Link(self)),
      vaults: Set(life.scene.settings.vaults), span: life.span, uptime: { clock.uptime })
  }()

  private(set) lazy var cloud: AzureCloud = {
    let (clock, link) = (host.clock, Link(self))
    return AzureCloud(
      .simulator(FaultyExchange.origin), identity: .token(life.scene.scenario.token), budgets: life.scene.limits,
      exchange: DistantExchange(link: link), pause: Pause { try await link.pause($0) }, uptime: { clock.uptime })
  }()

  func begin() { heart = start(nil) { [self] in await share() } }

  @discardableResult
  func start(
    _ tenancy: Tenancy?, for effect: (key: ItemKey, effect: Effect)? = nil, _ body: @escaping () async -> Void
  ) -> Strand {
    let strand = Strand(self, of: tenancy, for: effect) { [self] in
      await body()
      strands.removeAll { $0 === life.stage.current }
      if let tenancy, strands(of: tenancy).isEmpty { tenancy.isQuiet() }
    }
    strands.append(strand)
    life.stage.start(strand)
    return strand
  }

  func strands(of tenancy: Tenancy) -> [Strand] { strands.filter { $0.tenancy === tenancy } }

  /// The process is gone, and all that it did with it.
  func die() {
    guard !isOver else { return }
    isOver = true
    for tenancy in tenancies.values { tenancy.watch?.isEnding = true }
    for strand in strands { life.stage.wake(strand, by: .cutOff) }
  }

  /// As at SIGTERM: everything is handed over.
  func stop() {
    isStopping = true
    if let heart, heart.waiting == .nextBeat { life.stage.wake(heart, by: .goOn) }
  }

  // MARK: - Sharing

  private func share() async {
    while !isOver, !isStopping {
      await beat()
      if isOver || isStopping { break }
      _ = await life.sleep(keeper.pause.inMilliseconds, for: .nextBeat)
    }
    if isOver { return }
    for tenancy in sorted { tenancy.end() }
    while !tenancies.isEmpty, !isOver { _ = await life.stage.wait(for: .end) }
    if isOver { return }
    try? await keeper.leave()
    if isOver { return }
    isOver = true
    life.isGone(self)
  }

  private func beat() async {
    var busy: Set<ResourceID> = []
    for tenancy in sorted where await tenancy.watch?.fleet.isMoving(in: tenancy.vault) ?? 0 > 0 {
      busy.insert(tenancy.vault)
    }
    let before = time.ofHost
    guard let outcome = try? await keeper.beat(busy: busy), !isOver else { return }
    time.learn(outcome.picture.at, between: before, and: time.ofHost)
    for vault in outcome.lost.sorted() + outcome.moves.give { tenancies[vault]?.end() }
    for vault in outcome.moves.take where tenancies[vault] == nil && !isStopping {
      let tenancy = Tenancy(of: vault, by: self)
      tenancies[vault] = tenancy
      tenancy.begin()
    }
  }

  func isOver(_ tenancy: Tenancy) {
    tenancies[tenancy.vault] = nil
    if let heart, heart.waiting == .end { life.stage.wake(heart, by: .goOn) }
  }

  private var sorted: [Tenancy] { tenancies.values.sorted { $0.vault < $1.vault } }
}

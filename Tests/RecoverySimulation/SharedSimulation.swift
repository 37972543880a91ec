import AftercareTesting
import CurlTransport
import HTTPTypes
import RecoveryCore
import WatchEngine

/// One life of several instances that share a few vaults and one journal, against one simulated Azure, wholly determined
/// by its seed. Over what `Simulation` has, processes stop and come back, stand still and wake up late, and lose the
/// database or Azure for a while; each host has clocks of its own.
public final class SharedSimulation {
  enum Happening {
    case watch(Tenancy, WatchLife.Happening)
    /// The time has come that a strand waits for.
    case wake(Strand, turn: Int)
    /// A request reaches Azure.
    case arrive(Flight)
    case answer(Flight, Result<TransferResponse, TransportError>)
    case start(Host)
    /// A process that was told to stop, and has not, is killed.
    case kill(InstanceLife)
    case trouble(Trouble, Host)
    case look
  }

  let scene: Scene
  let stage = Stage()
  let database: MemoryDatabase
  /// How long a lease lasts.
  let span: Duration
  let hosts: [Host]
  let troubles: Troubles
  private var agenda = Agenda<Happening>()
  private(set) var isCalm = false
  /// How much has happened at this one moment.
  private var atOnce = 0
  private static let mostAtOnce = 10_000
  private var isOver = false
  /// Who took each vault with which fence.
  var takings: [ResourceID: [(fence: Fence, holder: InstanceID)]] = [:]
  public internal(set) var count = Count()

  /// What has come about.
  public struct Count: Sendable {
    public var crashes = 0
    /// Processes that stopped when they were told to.
    public var stops = 0
    public var pauses = 0
    /// From the database, and from Azure.
    public var partitions = 0
    /// Vaults that went from one process to another.
    public var takeovers = 0
    public var requests = 0

    public init() {}

    public static func += (left: inout Count, right: Count) {
      left.crashes += right.crashes
      left.stops += right.stops
      left.pauses += right.pauses
      left.partitions += right.partitions
      left.takeovers += right.takeovers
      left.requests += right.requests
    }
  }

  public init(seed: UInt64, isTraced: Bool = false) throws {
    scene = try Scene(seed: seed, isShared: true, isTraced: isTraced)
    let ticks = scene.ticks
    span = .seconds(scene.random.pick([20, 60, 60, 180]))
    troubles = Troubles(for: span, &scene.random)
    // By days, for what may depend on it that must not.
    let databaseOffset = Int64(scene.random.number(-100_000_000...100_000_000))
    database = MemoryDatabase(span: span) { ticks.time + .milliseconds(databaseOffset) }
    hosts = (1...scene.random.number(2...5)).map { [scene] number in
      let drift = Double(scene.random.number(-5000...5000)) / 1_000_000
      let skew = scene.random.pick([0, scene.random.number(-3_600_000...3_600_000)])
      return Host(number, clock: HostClock(ticks, drift: drift, skew: Int64(skew)))
    }
  }

  public var seed: UInt64 { scene.seed }
  /// What must never be, and was.
  public var violations: [String] { scene.violations }
  /// What happened, for people: a line each.
  public var trace: [String] { scene.trace }

  /// Lives the whole life and judges it.
  public func run() async throws {
    for host in hosts {
      add(.start(host), after: Int64(scene.random.number(0...30_000)))
      for (at, trouble) in troubles.ofHost(until: scene.calmFrom, &scene.random) {
        add(.trouble(trouble, host), after: at)
      }
    }
    add(.look, after: scene.calmFrom)
    while let entry = agenda.next(), entry.at <= scene.end, scene.violations.isEmpty, !isOver {
      atOnce = entry.at == scene.now ? atOnce + 1 : 0
      if atOnce > SharedSimulation.mostAtOnce { scene.violate("time stands still") }
      scene.advance(to: entry.at)
      if scene.now >= scene.calmFrom, !isCalm {
        isCalm = true
        scene.calmDown()
      }
      try await handle(entry.what)
      await stage.settle()
      scene.convict(scene.exchange.violations)
    }
    if scene.violations.isEmpty { try await judge() }
    count.requests = scene.exchange.requests
    for host in hosts { host.process?.die() }
    await stage.settle()
  }

  // MARK: - What happens

  func add(_ what: Happening, after milliseconds: Int64) {
    agenda.add(what, at: scene.now + max(0, milliseconds))
  }

  private func handle(_ what: Happening) async throws {
    // What a process has to do while it stands still comes when it wakes up, in the same order.
    if let host = what.host, host.pausedUntil > scene.now { return agenda.add(what, at: host.pausedUntil) }
    switch what {
    case .watch(let tenancy, let what): handle(what, of: tenancy)
    case .wake(let strand, let turn):
      if strand.turn == turn { stage.wake(strand, by: .goOn) }
    case .arrive(let flight): await arrive(flight)
    case .answer(let flight, let answer):
      if flight.isHeard { stage.wake(flight.strand, by: .answer(answer)) }
    case .start(let host):
      let process = InstanceLife(on: host, in: self)
      host.process = process
      scene.note("\(process.instance.id) starts")
      process.begin()
    case .kill(let process):
      if process.host.process === process { crash(process) }
    case .trouble(let trouble, let host): befall(trouble, host)
    case .look:
      checkSpread()
      isOver = try await isAtRest()
      add(.look, after: 30_000)
    }
  }

  private func handle(_ what: WatchLife.Happening, of tenancy: Tenancy) {
    guard !tenancy.process.isOver, let watch = tenancy.watch, !watch.isEnding else { return }
    if case .sweep = what, scene.random.chance(scene.weather.clockJump) {
      tenancy.process.host.clock.jump(by: Int64(scene.random.number(-600_000...600_000)))
      scene.note("the clock of \(tenancy.process.instance.id) jumps")
    }
    tenancy.run(what) { try await watch.handle(what) }
  }

  private func befall(_ trouble: Trouble, _ host: Host) {
    scene.note("host-\(host.number): \(trouble.kind) for \(trouble.length) ms")
    let end = min(scene.now + trouble.length, scene.calmFrom)
    switch trouble.kind {
    case .crash:
      if let process = host.process { crash(process) }
    case .stop:
      guard let process = host.process else { return }
      process.stop()
      add(.kill(process), after: Int64(scene.random.pick([2_000, 90_000])))
    case .pause:
      count.pauses += host.process == nil ? 0 : 1
      host.pausedUntil = max(host.pausedUntil, end)
    case .databaseAway(let contact):
      count.partitions += 1
      host.contact = (contact, end)
    case .azureAway:
      count.partitions += 1
      host.azureAwayUntil = end
    }
  }

  /// A supervisor starts it again within a second or two; a host takes longer.
  func crash(_ process: InstanceLife) {
    count.crashes += 1
    scene.note("\(process.instance.id) dies")
    process.die()
    comeBack(process.host)
  }

  /// A process has stopped as it was told to.
  func isGone(_ process: InstanceLife) {
    count.stops += 1
    scene.note("\(process.instance.id) has stopped")
    comeBack(process.host)
  }

  private func comeBack(_ host: Host) {
    host.process = nil
    add(.start(host), after: Int64(scene.random.number(1...scene.random.pick([2_000, 60_000, 300_000]))))
  }

  // MARK: - Waiting

  /// Lets the current strand wait.
  func sleep(_ milliseconds: Int64, for reason: Strand.Reason = .time) async -> Strand.Call {
    guard let strand = stage.current, !strand.process.isOver else { return .cutOff }
    add(.wake(strand, turn: strand.turn + 1), after: milliseconds)
    return await stage.wait(for: reason)
  }
}

extension SharedSimulation.Happening {
  /// Whose process it is that does it; nil for what happens elsewhere.
  fileprivate var host: Host? {
    switch self {
    case .watch(let tenancy, _): tenancy.process.host
    case .wake(let strand, _): strand.process.host
    case .answer(let flight, _): flight.strand.process.host
    case .trouble(let trouble, let host): trouble.kind == .stop ? host : nil
    case .arrive, .start, .kill, .look: nil
    }
  }
}

public import RecoveryCore

/// A journal of two vaults with a bit of everything in it, and all that is ever read back of one.
public enum JournalStory {
  public static let other = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-other")
  /// Watched, and nothing was found in it yet.
  public static let third = Samples.id(
    "/subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-third")
  public static let vaults = [Samples.vault, other, third]
  public static let sinks: Set<String> = [SinkName.log, "file", "webhook"]
  static let pause = Brakes.Pause(reason: "freeze", since: JournalSamples.start)
  /// Keys as they are made today: they do not name the vault.
  static let parked = ItemKey("lifecycle:6e1d0d5e-0000-4000-8000-000000000002")
  static let gone = ItemKey("lifecycle:7f1d0d5e-0000-4000-8000-000000000003")

  /// Tells it to a journal that has all vaults in one.
  public static func tell(_ journal: any Journal) async throws {
    let pause = try await journal.give(.pause(reason: "freeze"), at: JournalSamples.start)
    let fence = try await journal.acquire(holder: "storyteller", telling: sinks, at: JournalSamples.start)
    let first = try await journal.commit(
      [
        JournalChange(events: [Event(.daemonStarted, at: JournalSamples.start)]),
        change(JournalSamples.healingItem(), JournalSamples.heal(), failover: "first"),
        change(parkedItem(), nil, failover: "second"),
        change(goneItem(), nil, failover: nil),
      ], fence: fence)
    var brakes = Brakes()
    brakes.pause = JournalStory.pause
    brakes.countFrom = JournalSamples.start
    _ = try await journal.commit(
      [
        JournalChange(forgotten: gone), JournalChange(baseline: baseline(of: JournalSamples.key, after: 600)),
        JournalChange(brakes: brakes, alerts: alerts, answers: [OrderAnswer(to: pause, "paused")]),
        JournalChange(events: [Event(.brakeOn, at: JournalSamples.start, fields: ["brake": "pause"])]),
      ], fence: fence)
    for vault in [Samples.vault, other, other] {
      var sweep = SweepReport(vault: vault, started: JournalSamples.start, ended: JournalSamples.start + .seconds(2))
      sweep.pages = 2
      try await journal.record(sweep, fence: fence)
    }
    // One of the sinks is up to date, one is behind, and one was never told anything.
    let newest = try await journal.events(about: nil, last: 1)
    try await journal.markDelivered(through: newest[0].sequence, to: SinkName.log, fence: fence)
    try await journal.markDelivered(through: first[3].sequence, to: "file", fence: fence)
    _ = try await journal.give(.approve("erp-web-01"), at: JournalSamples.start + .seconds(5))
  }

  private static func change(_ item: ItemState, _ heal: Heal?, failover: String?) -> JournalChange {
    let events = [EventKind.failoverNoticed, .healStarted].enumerated().map { index, kind in
      var event = JournalSamples.event(kind, after: Int64(index))
      event.item = item.key
      event.vault = item.vault
      event.heal = item.heal?.id
      event.fields["failover"] = failover
      return event
    }
    return JournalChange(item: item, baseline: baseline(of: item.key, after: 0), events: events)
  }

  private static func baseline(of key: ItemKey, after seconds: Int64) -> Baseline {
    var baseline = Baseline(
      item: key, machine: Samples.wellMachine(), at: JournalSamples.start + .seconds(seconds))
    if seconds > 0 { baseline.extensions = JournalSamples.heal().desired.extensions }
    return baseline
  }

  private static func item(_ key: ItemKey, machine: String, heal id: String) -> ItemState {
    var item = JournalSamples.item(key: key)
    item.vault = other
    item.live = MachineIdentity(id: Samples.recovered.group?.appending(machine) ?? Samples.recovered, vmID: "c-\(id)")
    item.former = []
    item.heal = JournalSamples.heal(id: id, item: key)
    item.heal?.steps[1].operation = nil
    return item
  }

  private static func parkedItem() -> ItemState {
    var item = item(parked, machine: "providers/Microsoft.Compute/virtualMachines/erp-db-01", heal: "heal-0002")
    item.heal?.status = .parked("the role is missing")
    item.heal?.ended = JournalSamples.start + .seconds(900)
    return item
  }

  private static func goneItem() -> ItemState {
    item(gone, machine: "providers/Microsoft.Compute/virtualMachines/erp-old-01", heal: "heal-0003")
  }

  private static var alerts: [Alert] {
    let vaults = [Samples.vault, other].map { vault in
      Alert(
        .failover, of: "failover of \(vault.name)", in: vault, level: .error, machines: [.parked: 1],
        names: ["erp-db-01"], cause: "the role is missing", remedy: "Grant it.", since: JournalSamples.start)
    }
    var brake = Alert(
      .brake, of: "pause", level: .warning, remedy: "Run `aftercare resume`.", since: JournalSamples.start)
    brake.told = .init(at: JournalSamples.start, level: .warning, machines: [:], names: [])
    return vaults + [brake]
  }

  // MARK: - Reading back

  /// What a journal says of itself, whatever it keeps things in.
  public struct Content: Equatable, Sendable {
    public var items: ItemStates
    public var brakes: Brakes
    public var alerts: Set<Alert>
    public var events: [RecordedEvent]
    public var heals: [Heal]
    public var baselines: [[Baseline]]
    public var sweeps: [SweepReport]
    public var failovers: [FailoverRecord]
    public var healsOfFailovers: [[Heal]]
    public var orders: [RecordedOrder]
    public var answers: [OrderAnswer?]
    public var backlog: [String: Int]
    public var undelivered: [String: [RecordedEvent]]
    public var identity: String

    public init(of journal: any Journal) async throws {
      let image = try await journal.load()
      items = image.items
      brakes = image.brakes
      alerts = Set(image.alerts)
      events = try await journal.events(about: nil, last: 1000)
      heals = try await journal.heals(about: nil, last: 1000)
      sweeps = try await journal.sweeps()
      failovers = try await journal.failovers(last: 1000)
      orders = try await journal.openOrders()
      backlog = try await journal.backlog()
      identity = try await journal.identity()
      (baselines, healsOfFailovers, answers, undelivered) = ([], [], [], [:])
      for key in [JournalSamples.key, parked, gone] {
        baselines.append(try await journal.baselines(of: key, last: 100))
      }
      for failover in failovers { healsOfFailovers.append(try await journal.heals(of: failover.id)) }
      for number in 1...2 { answers.append(try await journal.answer(to: Int64(number))) }
      for sink in sinks { undelivered[sink] = try await journal.undelivered(to: sink, limit: 1000) }
    }

    /// So that a comparison of two says something.
    public var isWhole: Bool {
      items.count == 2 && brakes.pause != nil && alerts.count == 3 && events.count == 8 && heals.count == 3
        && baselines.map(\.count) == [2, 1, 1] && sweeps.count == 2 && failovers.count == 2
        && healsOfFailovers.map(\.count) == [1, 1] && orders.count == 1 && answers.first??.text == "paused"
        && backlog == [SinkName.log: 0, "file": 4, "webhook": 8]
    }
  }
}

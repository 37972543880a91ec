public import RecoveryCore

/// What a journal is given to keep: an item whose recovered machine is being healed, and the events of that story.
public enum JournalSamples {
  public static let key = ItemKey("\(Samples.vault.key)#\(Samples.lifecycle)")
  public static let start = Samples.start
  public static let healID = "heal-0001"
  /// A signed URL, which must come back byte for byte.
  public static let statusURL =
    "https://management.azure.com/subscriptions/1111/operations/42?api-version=2024-07-01&t=638&s=a%2Fb%2Bc%3D%3D"

  /// The item without a heal: failed over, and settled on its recovered machine.
  public static func item(key: ItemKey = JournalSamples.key) -> ItemState {
    var item = ItemState(key: key, item: Samples.failedOverItem(), at: start)
    let old = MachineIdentity(id: Samples.source, vmID: "A0000000-0000-4000-8000-00000000000A")
    let new = MachineIdentity(id: Samples.recovered, vmID: "B0000000-0000-4000-8000-00000000000B")
    item.live = new
    item.former = [old]
    item.failover = Failover(
      cause: .liveMachineChanged, from: old, to: new, noticed: start, completed: start + .seconds(30),
      cloudTime: Samples.failedOver)
    item.legs = [LegVerdict(.agent, .healthy, "ProvisioningState/succeeded")]
    item.suspicions = [Suspicion(leg: .identity, since: start, looks: 2)]
    item.lastLook = start + .seconds(30)
    item.nextLook = start + .seconds(60)
    item.reason = .failoverCompleted
    item.said = ["failover"]
    return item
  }

  /// A heal whose first step is done, whose second Azure is working on, and whose third failed once.
  public static func heal(id: String = JournalSamples.healID, item: ItemKey = JournalSamples.key) -> Heal {
    let identity = ManagedIdentity(hasSystemAssigned: true, userAssigned: [])
    let agent = DesiredExtension(
      name: "AzureMonitorWindowsAgent", kind: .azureMonitorWindowsAgent, version: "1.2",
      settings: .object(["workspace": .string("w"), "level": .integer(3), "tags": .array([.bool(true), .null])]),
      needsIdentity: true)
    let association = Association(name: "dcr-web", target: .rule(Samples.rule))
    var steps = [
      Step(ordinal: 0, work: .ensureIdentity(identity)),
      Step(ordinal: 1, work: .install(agent), dependencies: [0]),
      Step(ordinal: 2, work: .associate(association), dependencies: [1]),
      Step(ordinal: 3, work: .verify, dependencies: [2]),
    ]
    steps[0].state = .succeeded
    steps[0].attempts = 1
    steps[0].ended = start + .seconds(40)
    steps[1].state = .accepted
    steps[1].attempts = 1
    steps[1].firstIntended = start + .seconds(41)
    steps[1].intended = start + .seconds(41)
    steps[1].operation = OperationHandle(
      resource: Samples.recovered, kind: .put, statusURL: OperationURL(statusURL), locationURL: nil,
      correlationID: "c-1")
    steps[2].attempts = 1
    steps[2].countedFailures = 1
    steps[2].notBefore = start + .seconds(120)
    steps[2].fault = Fault(
      .throttled, code: "TooManyRequests", message: "slow down", resource: Samples.recovered.text, status: 429,
      retryAfter: .seconds(20))
    return Heal(
      id: id, item: item, machine: MachineIdentity(id: Samples.recovered, vmID: "b0000000-0000-4000-8000-00000000000b"),
      location: "ukwest",
      desired: DesiredState(sources: ["web"], identity: identity, extensions: [agent], associations: [association]),
      steps: steps, started: start + .seconds(35))
  }

  public static func healingItem() -> ItemState {
    var healing = JournalSamples.item()
    healing.heal = JournalSamples.heal()
    return healing
  }

  /// The same for who only reads: the addresses of operations are the writer's.
  public static func readItem() -> ItemState {
    var item = healingItem()
    item.heal?.steps[1].operation?.statusURL = nil
    return item
  }

  public static func event(_ kind: EventKind, after seconds: Int64 = 0) -> Event {
    Event(
      kind, at: start + .seconds(seconds), item: key, itemName: "erp-web-01", machine: Samples.recovered,
      vault: Samples.vault, heal: healID, fields: ["step": "install AzureMonitorWindowsAgent", "try": "1"])
  }

  public static func sweep(items: Int = 3) -> SweepReport {
    var sweep = SweepReport(vault: Samples.vault, started: start, ended: start + .seconds(2))
    sweep.pages = 1
    sweep.items = items
    sweep.instanceViews = 2
    sweep.associationLists = 1
    return sweep
  }
}

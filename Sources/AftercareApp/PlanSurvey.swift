public import RecoveryCore
import WatchEngine

/// One look at every item of the configured vaults, which changes nothing.
public struct PlanSurvey {
  private let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  /// What would be done for each machine, sorted by name. `progress` is told how many items were looked at, now and
  /// then. Machines are looked at side by side, as many as the configuration allows.
  public func machines(
    only: [String] = [], progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> [PlannedMachine] {
    let assembly = Assembly(configuration: configuration)
    let cloud = try assembly.cloud()
    // What the daemon has learned is taken into account; without a journal it is a first sight.
    let known = await PlanSurvey.known(assembly)
    var index = ItemIndex()
    known.values.forEach { index.update($0) }
    let survey = Survey(cloud: cloud, decider: assembly.decider)
    let wanted = Set(only.map { $0.lowercased() })
    var machines: [PlannedMachine] = []
    try await withThrowingTaskGroup(of: PlannedMachine.self) { group in
      var running = 0
      for vault in configuration.vaults {
        var page: String?
        repeat {
          let listing = try await cloud.protectedItems(in: vault, page: page)
          for item in listing.items where PlanSurvey.isWanted(item, wanted) {
            if running == configuration.heal.parallelMachines, let machine = try await group.next() {
              machines.append(machine)
              running -= 1
              if machines.count.isMultiple(of: 100) { progress(machines.count) }
            }
            let key = index.key(of: item)
            let state = known[key]
            group.addTask { PlannedMachine(await survey.look(at: item, key: key, known: state)) }
            running += 1
          }
          page = listing.next
        } while page != nil
      }
      for try await machine in group { machines.append(machine) }
    }
    return machines.sorted { ($0.item, $0.itemID) < ($1.item, $1.itemID) }
  }

  private static func known(_ assembly: Assembly) async -> [ItemKey: ItemState] {
    guard let journal = try? assembly.journalForReading(), let image = try? await journal.load() else { return [:] }
    return Dictionary(image.items.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func isWanted(_ item: ProtectedItem, _ wanted: Set<String>) -> Bool {
    guard !wanted.isEmpty else { return true }
    let machine = item.liveMachineID
    let names: [String] = [
      item.friendlyName.lowercased(), item.name.lowercased(), item.id.key, machine?.key ?? "",
      machine?.name.lowercased() ?? "",
    ]
    return names.contains { wanted.contains($0) }
  }
}

/// What one look showed of one machine, and what would be done: the shape of `plan --json`.
public struct PlannedMachine: Sendable, Encodable {
  public struct PlannedLeg: Sendable, Encodable {
    public var leg: String
    public var finding: Finding
    public var evidence: String
    public var lastHeartbeat: String?
  }

  public struct PlannedStep: Sendable, Encodable {
    public var ordinal: Int
    public var verb: String
    public var title: String
  }

  public var item: String
  public var itemID: String
  public var vault: String
  public var lifecycleID: String?
  public var machine: String?
  public var vmID: String?
  public var location: String
  public var protectionState: String
  public var activeLocation: String
  public var legs: [PlannedLeg]
  public var decision: Reason.Disposition
  public var reason: Reason
  public var steps: [PlannedStep]
  public var fault: Fault?

  init(_ found: Survey.Finding) {
    item = found.item.friendlyName
    itemID = found.item.id.text
    vault = found.item.vault.text
    lifecycleID = found.item.lifecycleID
    machine = (found.state.live?.id ?? found.item.liveMachineID)?.text
    vmID = found.state.live?.vmID
    location = found.item.livePlace.location
    protectionState = found.item.protectionState.text
    activeLocation = found.item.activeLocation
    legs = found.state.legs.map { verdict in
      PlannedLeg(
        leg: verdict.leg.description, finding: verdict.finding, evidence: verdict.evidence,
        lastHeartbeat: verdict.lastHeartbeat?.iso8601)
    }
    decision = found.steps.isEmpty ? found.reason.disposition : .heal
    reason = found.reason
    steps = found.steps.map { PlannedStep(ordinal: $0.ordinal, verb: $0.verb, title: $0.title) }
    fault = found.fault
  }
}

/// `plan --json` as a whole.
public struct PlanReport: Sendable, Encodable {
  public var machines: [PlannedMachine]
  public var summary: [String: Int]

  public init(machines: [PlannedMachine]) {
    self.machines = machines
    summary = Dictionary(grouping: machines, by: \.decision.rawValue).mapValues(\.count)
  }
}

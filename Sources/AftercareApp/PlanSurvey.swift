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
    let journal = try? assembly.journalForReading()
    let known = await PlanSurvey.known(journal)
    var index = ItemIndex()
    known.values.forEach { index.update($0) }
    let survey = Survey(cloud: cloud, decider: assembly.decider)
    let wanted = Set(only.map { $0.lowercased() })
    var machines: [PlannedMachine] = []
    try await withThrowingTaskGroup(of: PlannedMachine.self) { group in
      var running = 0
      for vault in configuration.vaults {
        var pages = cloud.itemPages(of: vault)
        while let page = try await pages.next() {
          for item in page.items where PlanSurvey.isWanted(item, wanted) {
            if running == configuration.heal.parallelMachines, let machine = try await group.next() {
              machines.append(machine)
              running -= 1
              if machines.count.isMultiple(of: 100) { progress(machines.count) }
            }
            let key = index.key(of: item)
            let state = known[key]
            group.addTask {
              let baseline = try? await journal?.baseline(of: key)
              return PlannedMachine(await survey.look(at: item, key: key, known: state, baseline: baseline ?? nil))
            }
            running += 1
          }
        }
      }
      for try await machine in group { machines.append(machine) }
    }
    return machines.sorted { ($0.item, $0.itemID) < ($1.item, $1.itemID) }
  }

  /// What in the vaults' recovery plans will not do what it looks like.
  public func lints() async throws -> [PlanLint] {
    let cloud = try Assembly(configuration: configuration).cloud()
    return try await PlanSurvey.lints(in: configuration.vaults, asking: cloud)
  }

  static func lints(in vaults: [ResourceID], asking cloud: any Cloud) async throws -> [PlanLint] {
    var lints: [PlanLint] = []
    for vault in vaults {
      do throws(Fault) {
        lints += try await cloud.recoveryPlans(in: vault).flatMap(\.lints)
      } catch {
        if error.kind == .stopped { throw error }
        lints.append(PlanLint(plan: "all of \(vault.name)", rule: .plansUnreadable))
      }
    }
    return lints
  }

  private static func known(_ journal: (any Journal)?) async -> [ItemKey: ItemState] {
    guard let journal, let image = try? await journal.load() else { return [:] }
    return Dictionary(
      image.items.filter { !$0.key.isDrill }.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
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

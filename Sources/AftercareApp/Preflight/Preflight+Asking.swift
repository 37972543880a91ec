import AzureCloud
import RecoveryCore
import WatchEngine

/// What is asked of Azure, side by side and bounded.
extension Preflight {
  /// How many requests are under way at once.
  var limit: Int { configuration.heal.parallelMachines }

  /// The items of all vaults, and a result for each vault.
  func items(_ azure: AzureCloud, granting principal: Principal) async -> ([ProtectedItem], [CheckResult]) {
    var items: [ProtectedItem] = []
    var checks: [CheckResult] = []
    for vault in configuration.vaults {
      var (count, others, unreadable) = (0, 0, 0)
      do throws(Fault) {
        var pages = azure.itemPages(of: vault)
        while let page = try await pages.next() {
          let ours = page.items.filter(\.isAzureToAzure)
          items += ours
          count += ours.count
          others += page.items.count - ours.count
          unreadable += page.unreadable.count
        }
        checks.append(Preflight.vault(vault, count, others, unreadable))
      } catch {
        switch error.kind {
        case .forbidden:
          checks.append(
            .fail(
              .vault, vault.text, "its items may not be read (\(error.code))",
              remedy: principal.grant([.readItems, .readItem, .readJobs, .readPlans], at: vault)))
        default: checks.append(.failed(.vault, vault.text, error))
        }
      }
    }
    return (items, checks)
  }

  private static func vault(_ id: ResourceID, _ count: Int, _ others: Int, _ unreadable: Int) -> CheckResult {
    let left = others == 0 ? "" : "; \(others) of other providers are left alone"
    if unreadable > 0 {
      return .warn(
        .vault, id.text, "\(count) items, and \(unreadable) that cannot be understood\(left)",
        remedy: "Report this with the api-version that the configuration names.")
    }
    if count == 0 {
      return .warn(
        .vault, id.text, "no protected items\(left)",
        remedy: "Protect machines in it, or take it out of the configuration.")
    }
    return .pass(.vault, id.text, "\(count) items\(left)")
  }

  /// What each item's machine must have: from a baseline that a daemon keeps fresh, or else by a look.
  func prospects(
    of items: [ProtectedItem], _ memory: Memory, _ azure: AzureCloud, _ progress: @escaping @Sendable (Int) -> Void
  ) async -> [Prospect] {
    let decider = Assembly(configuration: configuration).decider
    let survey = Survey(cloud: azure, decider: decider)
    let now = time.now
    // A daemon learns anew in each period; after two of them nobody does.
    let freshFor = configuration.watch.baseline * 2
    let usesBaselines = configuration.baseline.learn
    let looks = Counter(progress)
    return await items.sideBySide(limit) { item in
      let (key, state) = memory.state(of: item)
      let baseline = await memory.baseline(of: key)
      if usesBaselines, item.isActiveAtPrimary, let baseline, now - baseline.confirmed < freshFor {
        return Prospect(item, remembered: baseline, under: decider.requirements)
      }
      let found = await survey.look(at: item, key: key, known: state, baseline: baseline)
      await looks.add()
      return Prospect(found)
    }
  }

  /// What all of them need, and what the configuration names whether or not a machine matches it.
  func needs(of prospects: [Prospect]) -> Set<Need> {
    var needs = prospects.reduce(into: Set<Need>()) { $0.formUnion($1.needs) }
    for profile in configuration.profiles {
      for association in profile.associations {
        if case .rule(let id) = association.target { needs.insert(.rule(id)) }
      }
      for (location, id) in profile.endpoints { needs.insert(.endpoint(id, in: location)) }
      for id in profile.identity.userAssigned { needs.insert(.userAssignedIdentity(id)) }
    }
    if configuration.testFailover.policy == .heal, let rule = configuration.testFailover.rule {
      needs.insert(.rule(rule))
      for group in prospects.compactMap(\.item.landing?.group) { needs.insert(.action(.deleteAssociation, at: group)) }
    }
    return needs
  }

  func answers(to needs: Set<Need>, _ azure: any CloudInspection) async -> [Need.Question: Judgement.Answer] {
    let questions = Array(Set(needs.map(\.question)))
    let answers = await questions.sideBySide(limit) { question -> Judgement.Answer in
      switch question {
      case .permissions(let scope):
        .permissions(await Result { () async throws(Fault) in try await azure.permissions(at: scope) })
      case .versions(let kind, let region):
        .versions(await Result { () async throws(Fault) in try await azure.versions(of: kind, in: region) })
      case .resource(let id):
        .resource(await Result { () async throws(Fault) in try await azure.resource(id) })
      }
    }
    return Dictionary(zip(questions, answers), uniquingKeysWith: { first, _ in first })
  }

  /// Each table is asked for the rows of one machine: whether there are any is another matter.
  func workspaces(_ items: [ProtectedItem], _ azure: AzureCloud) async -> [CheckResult] {
    let sources = Set(configuration.profiles.flatMap(\.data)).sorted {
      ($0.workspace, $0.table) < ($1.workspace, $1.table)
    }
    guard let machine = items.lazy.compactMap(\.liveMachineID).first else { return [] }
    let since = time.now - .seconds(3600)
    return await sources.sideBySide(limit) { source in
      let subject = "table \(source.table) of workspace \(source.workspace)"
      do throws(Fault) {
        _ = try await azure.rows(of: machine, after: nil, in: [source], since: since)
        return .pass(.workspace, subject, "can be queried")
      } catch {
        guard error.kind == .forbidden else { return .failed(.workspace, subject, error) }
        return .fail(
          .workspace, subject, "may not be queried (\(error.code))",
          remedy: "az role assignment create --assignee OBJECT_ID --role \"Log Analytics Reader\" --scope WORKSPACE_ID")
      }
    }
  }
}

/// Tells of every hundredth.
private actor Counter {
  private var count = 0
  private let tell: @Sendable (Int) -> Void

  init(_ tell: @escaping @Sendable (Int) -> Void) { self.tell = tell }

  func add() {
    count += 1
    if count.isMultiple(of: 100) { tell(count) }
  }
}

/// A Site Recovery recovery plan: which items fail over in which order, and what runs between.
///
/// Source: `GET {vault}/replicationRecoveryPlans`, api-version 2025-08-01.
public struct RecoveryPlan: Hashable, Sendable {
  public var name: String
  public var groups: [Group]

  public struct Group: Hashable, Sendable {
    /// `Shutdown`, `Failover` or `Boot`: an open set.
    public var type: String
    public var items: [ResourceID]
    public var actions: [Action]

    public init(type: String, items: [ResourceID] = [], actions: [Action] = []) {
      self.type = type
      self.items = items
      self.actions = actions
    }
  }

  public struct Action: Hashable, Sendable {
    public var name: String
    public var failoverTypes: [String]
    public var failoverDirections: [String]
    /// The Automation runbook that it starts; nil for manual actions and scripts.
    public var runbook: String?

    public init(name: String, failoverTypes: [String], failoverDirections: [String], runbook: String? = nil) {
      self.name = name
      self.failoverTypes = failoverTypes
      self.failoverDirections = failoverDirections
      self.runbook = runbook
    }
  }

  public init(name: String, groups: [Group]) {
    self.name = name
    self.groups = groups
  }

  /// The place of each item in the order in which the plan boots its groups, from 1.
  public var order: [ResourceID: Int] {
    var order: [ResourceID: Int] = [:]
    for (index, group) in groups.filter({ $0.type.lowercased() == "boot" }).enumerated() {
      for item in group.items { order[item] = index + 1 }
    }
    return order
  }
}

/// Something about a recovery plan that will not do what it looks like.
public struct PlanLint: Hashable, Sendable, Codable {
  public enum Rule: String, Sendable, Codable, CaseIterable {
    /// The action's failover types or directions are empty: it is in the plan and never runs.
    case actionNeverRuns
    /// It runs in tests only, so that what was rehearsed is not what happens.
    case actionRunsInTestsOnly
    /// It runs for real and was never rehearsed.
    case actionIsNeverTested
    /// It runs in one direction only: a failback goes without it.
    case actionMissesDirection
    /// A runbook whose name says that it does what Aftercare does: both would work on one machine at a time.
    case runbookDoesTheSame
    /// The plan boots nothing.
    case planIsEmpty
    /// The plans of a vault could not be read: nothing is known of them.
    case plansUnreadable
  }

  public var plan: String
  public var action: String?
  public var rule: Rule

  public init(plan: String, action: String? = nil, rule: Rule) {
    self.plan = plan
    self.action = action
    self.rule = rule
  }

  public var remedy: String {
    switch rule {
    case .actionNeverRuns: "Choose failover types and directions for the action; without them it never runs."
    case .actionRunsInTestsOnly: "Add the unplanned failover to the action's failover types."
    case .actionIsNeverTested: "Add the test failover to the action's failover types, so that it is rehearsed."
    case .actionMissesDirection: "Add the other direction if the action is needed after a failback as well."
    case .runbookDoesTheSame:
      "If the runbook reinstalls extensions or associates rules, take it out of the plan: Aftercare does that."
    case .planIsEmpty: "Add items to the plan, or delete it."
    case .plansUnreadable:
      "Grant the identity vaults/replicationRecoveryPlans/read, to have the plans of the vault checked."
    }
  }
}

extension RecoveryPlan {
  public var lints: [PlanLint] {
    var lints: [PlanLint] = []
    if order.isEmpty { lints.append(PlanLint(plan: name, rule: .planIsEmpty)) }
    for action in groups.flatMap(\.actions) {
      for rule in action.lints { lints.append(PlanLint(plan: name, action: action.name, rule: rule)) }
    }
    return lints
  }
}

extension RecoveryPlan.Action {
  fileprivate var lints: [PlanLint.Rule] {
    var rules: [PlanLint.Rule] = []
    let types = Set(failoverTypes.map { $0.lowercased() })
    let directions = Set(failoverDirections.map { $0.lowercased() })
    if types.isEmpty || directions.isEmpty {
      rules.append(.actionNeverRuns)
    } else {
      if types == ["testfailover"] { rules.append(.actionRunsInTestsOnly) }
      if !types.contains("testfailover") { rules.append(.actionIsNeverTested) }
      if directions.count == 1 { rules.append(.actionMissesDirection) }
    }
    if doesTheSame { rules.append(.runbookDoesTheSame) }
    return rules
  }

  /// By its names alone: a runbook's text is not read.
  private var doesTheSame: Bool {
    guard let runbook else { return false }
    let words = "\(name) \(runbook.split(separator: "/").last ?? "")".lowercased()
    return ["extension", "monitoragent", "azuremonitor", "ama", "dcr", "datacollection", "dependencyagent"].contains {
      word in
      word.count > 3 ? words.contains(word) : words.split { !$0.isLetter }.contains { $0 == word }
    }
  }
}

/// Needs, judged by what Azure answered: a result for each thing that was asked about, and which needs are not met.
public struct Judgement: Sendable {
  public enum Answer: Sendable {
    case permissions(Result<[Permission], Fault>)
    case versions(Result<[String], Fault>)
    case resource(Result<RegionalResource?, Fault>)
  }

  public private(set) var results: [CheckResult] = []
  /// Why a need is not met. Parts that have one do not come back.
  public private(set) var unmet: [Need: CheckResult] = [:]
  private let principal: Principal
  private let isObserving: Bool

  public init(
    of needs: Set<Need>, by answers: [Need.Question: Answer], granting principal: Principal, isObserving: Bool = false
  ) {
    self.principal = principal
    self.isObserving = isObserving
    for (question, needs) in Dictionary(grouping: needs, by: \.question) {
      switch answers[question] {
      case .permissions(let answer): judge(needs, answer)
      case .versions(let answer): needs.forEach { judge($0, answer) }
      case .resource(let answer): needs.forEach { judge($0, answer) }
      case nil: break
      }
    }
    results.sort { ($0.check, $0.subject) < ($1.check, $1.subject) }
  }

  /// One result for all that is needed at a scope.
  private mutating func judge(_ needs: [Need], _ answer: Result<[Permission], Fault>) {
    var actions: Set<NeededAction> = []
    var place: ResourceID?
    for case .action(let action, let scope) in needs {
      actions.insert(action)
      place = scope
    }
    guard let place else { return }
    let result = CheckResult.permissions(
      at: place, needing: actions, answer, granting: principal, isObserving: isObserving)
    results.append(result)
    let allowed = (try? answer.get()) ?? []
    for action in actions where !allowed.allow(action) { unmet[.action(action, at: place)] = result }
  }

  private mutating func judge(_ need: Need, _ answer: Result<[String], Fault>) {
    guard case .version(let wanted, let region) = need else { return }
    add(.version(wanted, in: region, answer, granting: principal), for: need)
  }

  private mutating func judge(_ need: Need, _ answer: Result<RegionalResource?, Fault>) {
    switch need {
    case .rule(let id): add(.rule(id, answer, granting: principal), for: need)
    case .endpoint(let id, let location): add(.endpoint(id, in: location, answer, granting: principal), for: need)
    case .userAssignedIdentity(let id): add(.userAssignedIdentity(id, answer, granting: principal), for: need)
    case .keyVault(let id, let url, let region):
      add(.keyVault(id, secretURL: url, in: region, answer, granting: principal), for: need)
    case .action, .version: break
    }
  }

  private mutating func add(_ result: CheckResult, for need: Need) {
    results.append(result)
    if result.outcome == .fail { unmet[need] = result }
  }
}

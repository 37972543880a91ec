public import RecoveryCore

/// A vault without items, or with one page of them, or one that cannot be read now.
public struct EmptyCloud: Cloud {
  public var retryAfter: Duration?
  /// Asked for each time, with what the asker knows of the page.
  public var page: @Sendable (KnownPage?) -> ItemPage
  /// Whether nothing reaches it at the moment.
  public var isCutOff: @Sendable () -> Bool = { false }

  public init(
    retryAfter: Duration? = nil, page: @escaping @Sendable (KnownPage?) -> ItemPage = { _ in ItemPage(items: []) }
  ) {
    self.retryAfter = retryAfter
    self.page = page
  }

  private static let none = Fault(.unreachable, code: "None", message: "there is nothing", resource: "test")
  public func asking(with urgency: Urgency) -> any Cloud { self }
  public func acting(while tenure: Tenure) -> any Cloud { self }
  public func budgets() async -> [BudgetReport] { [] }
  public func protectedItems(
    in vault: ResourceID, page: String?, unless known: KnownPage?
  ) async throws(Fault) -> ItemPage {
    if isCutOff() { throw Self.none }
    guard let retryAfter else { return self.page(known) }
    throw Fault(
      .throttled, code: "TooManyRequests", message: "later", resource: vault.text, status: 429, retryAfter: retryAfter)
  }
  public func protectedItem(_ id: ResourceID, in vault: ResourceID) async throws(Fault) -> ProtectedItem {
    throw Self.none
  }
  public func jobs(in vault: ResourceID, since: Timestamp) async throws(Fault) -> [ReplicationJob] { throw Self.none }
  public func recoveryPlans(in vault: ResourceID) async throws(Fault) -> [RecoveryPlan] { throw Self.none }
  public func machine(_ id: ResourceID) async throws(Fault) -> Machine? { throw Self.none }
  public func associations(of machine: ResourceID) async throws(Fault) -> [Association] { throw Self.none }
  public func rows(
    of machine: ResourceID, after source: ResourceID?, in sources: [DataSource], since: Timestamp
  ) async throws(Fault) -> [DataSource: DataSpan] { throw Self.none }
  public func begin(_ effect: Effect) async throws(Fault) -> RecoveryCore.Progress { throw Self.none }
  public func poll(_ operation: OperationHandle) async throws(Fault) -> RecoveryCore.Progress { throw Self.none }
}

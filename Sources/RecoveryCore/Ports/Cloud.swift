/// What the engine may ask of Azure, in the domain's words.
///
/// Every call may be repeated: reads always, and the effects because ARM's PUT, PATCH and DELETE are idempotent. The
/// adapter repeats on its own only what is safe, within seconds, and throws the last `Fault`; longer patience is a
/// decision of the domain.
public protocol Cloud: Sendable {
  /// The same cloud for what is more or less urgent: its requests give way to those that are more so, and reads that are
  /// `idle` are put off rather than waited for. Without it everything is urgent.
  func asking(with urgency: Urgency) -> any Cloud
  /// The same cloud for who may change something only while a lease lasts: what it does not allow is not sent, and a
  /// request that changes something is given up before the lease is over.
  func acting(while tenure: Tenure) -> any Cloud
  /// Where answers arrive: tasks that do little but ask go on there, and no thread has to wake another. Nil for anywhere.
  var executor: (any TaskExecutor)? { get }
  /// What may still be asked, and what was put off since the last report.
  func budgets() async -> [BudgetReport]
  /// One page of a vault's protected items. Rows that cannot be understood are reported, and cost no other row. A page
  /// with the very bytes of `known` is not read; then `ItemPage.known` is it.
  func protectedItems(in vault: ResourceID, page: String?, unless known: KnownPage?) async throws(Fault) -> ItemPage
  func protectedItem(_ id: ResourceID, in vault: ResourceID) async throws(Fault) -> ProtectedItem
  func jobs(in vault: ResourceID, since: Timestamp) async throws(Fault) -> [ReplicationJob]
  func recoveryPlans(in vault: ResourceID) async throws(Fault) -> [RecoveryPlan]
  /// The machine's model and instance view in one request; nil when it does not exist.
  func machine(_ id: ResourceID) async throws(Fault) -> Machine?
  func associations(of machine: ResourceID) async throws(Fault) -> [Association]
  /// When rows of a machine were generated in each source since a time, and the last one of the machine that it took
  /// over from, before that time; a source without rows of the machine is left out.
  func rows(
    of machine: ResourceID, after source: ResourceID?, in sources: [DataSource], since: Timestamp
  ) async throws(Fault) -> [DataSource: DataSpan]
  /// Starts an effect. Removing what is not there is `done`.
  func begin(_ effect: Effect) async throws(Fault) -> Progress
  /// Asks once how an operation stands. A poll that fails says nothing of the operation: such a `Fault` has a kind
  /// whose course is `passes`.
  func poll(_ operation: OperationHandle) async throws(Fault) -> Progress
}

extension Cloud {
  public var executor: (any TaskExecutor)? { nil }
}

/// How much of what Azure allows is left: of one subscription and one class of requests.
public struct BudgetReport: Hashable, Sendable, Codable {
  public var subscription: String
  /// `reads`, `writes` or `deletes`.
  public var kind: String
  public var left: Int
  public var of: Int
  /// Azure has asked to be left alone for so long; nil when it has not.
  public var shutForSeconds: Int64?
  /// Requests that were not made when they were due.
  public var putOff: Int

  public init(subscription: String, kind: String, left: Int, of: Int, shutForSeconds: Int64?, putOff: Int) {
    self.subscription = subscription
    self.kind = kind
    self.left = left
    self.of = of
    self.shutForSeconds = shutForSeconds
    self.putOff = putOff
  }
}

/// One page of a vault's items.
public struct ItemPage: Sendable {
  public var items: [ProtectedItem]
  /// What is wrong with the rows that could not be understood, a sentence each.
  public var unreadable: [String]
  /// What to hand back for the page after this one; nil at the end.
  public var next: String?
  /// Of its bytes; nil when they are not known.
  public var digest: UInt64?
  /// The page that it is once more; then nothing else of it was read.
  public var known: KnownPage?

  public init(items: [ProtectedItem], unreadable: [String] = [], next: String? = nil, digest: UInt64? = nil) {
    self.items = items
    self.unreadable = unreadable
    self.next = next
    self.digest = digest
  }

  public init(known: KnownPage) {
    items = []
    unreadable = []
    next = known.next
    digest = known.digest
    self.known = known
  }
}

/// What is remembered of a page that showed nothing new. The digest is of this process, and means nothing to another.
public struct KnownPage: Hashable, Sendable {
  public let digest: UInt64
  public let keys: [ItemKey]
  public let next: String?

  public init(digest: UInt64, keys: [ItemKey], next: String?) {
    self.digest = digest
    self.keys = keys
    self.next = next
  }
}

public import RecoveryCore

/// What may be seen of a watch while it runs, and said to it: of one that watches alone, and of one that shares its
/// vaults with others.
public protocol WatchFace: Sendable {
  /// What is journalled from now on.
  var events: EventStream { get }
  /// The vaults that are to be watched here: all of them, or those whose lease is held.
  var vaults: [ResourceID] { get }
  /// A vault that was not read through for so long is not being watched.
  var lateAfter: Duration { get }
  /// Of the vaults that are watched here, sorted by key.
  func states() async -> ItemStates
  /// Items that something is going on with.
  func moving() async -> Int
  func brakes() async -> Brakes
  func alerts() async -> [Alert]
  func costs() async -> SweepCosts
  /// Since when the journal takes no changes, and why; nil while it does. Then nothing is begun.
  func refusal() async -> JournalRefusal?
  /// Who else there is, and who looks after what; nil where nothing is shared.
  func sharing() async -> Sharing?
  /// Hints from outside: they are followed soon, and within limits.
  func take(_ hints: [Hint])
  /// A request that brought no hint.
  func count(_ outcome: HintDesk.Outcome)
  var hintCounts: [HintDesk.Outcome: Int] { get }
  /// Says something of the watch itself.
  func tell(_ kind: EventKind, _ fields: [String: String]) async
}

/// What sweeps have found and cost since the start.
public struct SweepCosts: Sendable {
  /// The last of each vault.
  public var latest: [ResourceID: SweepReport] = [:]
  /// When each vault was read through the last time.
  public var succeeded: [ResourceID: Timestamp] = [:]
  /// The requests of all sweeps together.
  public var totals: [ResourceID: SweepReport] = [:]

  public init() {}

  mutating func add(_ other: SweepCosts) {
    latest.merge(other.latest) { _, new in new }
    succeeded.merge(other.succeeded) { _, new in new }
    totals.merge(other.totals) { _, new in new }
  }
}

/// How several instances share the vaults, as one of them sees it.
public struct Sharing: Hashable, Sendable {
  /// Nil until the journal has answered once.
  public var picture: LeasePicture?
  /// Since when the journal does not answer, and what it says; nil while it does.
  public var away: JournalRefusal?
}

/// Since when a journal takes no changes, and what it says.
public struct JournalRefusal: Hashable, Sendable {
  public var since: Timestamp
  public var cause: String
}

extension Watch: WatchFace {
  public func states() async -> ItemStates { await fleet.all() }
  public func moving() async -> Int { await fleet.moving }
  public func brakes() async -> Brakes { await fleet.brakes }
  public func alerts() async -> [Alert] { await fleet.alerts }

  public func costs() async -> SweepCosts {
    var costs = SweepCosts()
    costs.latest = await sweeps.latest
    costs.succeeded = await sweeps.succeeded
    costs.totals = await sweeps.totals
    return costs
  }

  public func refusal() async -> JournalRefusal? { voice.refusal }
  public func sharing() async -> Sharing? { nil }
  public func take(_ hints: [Hint]) { self.hints.take(hints) }
  public func count(_ outcome: HintDesk.Outcome) { hints.count(outcome) }
  public var hintCounts: [HintDesk.Outcome: Int] { hints.counts }
}

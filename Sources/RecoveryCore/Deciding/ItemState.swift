/// The key under which an item is known for good: it outlives re-protect, which moves the item's ARM id.
public struct ItemKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let text: String
  public init(_ text: String) { self.text = text.lowercased() }
  /// One that was written down, and is as it was.
  package init(written text: String) { self.text = text }
  public static func < (left: ItemKey, right: ItemKey) -> Bool { left.text < right.text }
  public var description: String { text }

  /// The key of the item's test failover, while there is one: its machine is looked at beside the live one.
  public var drill: ItemKey { isDrill ? self : ItemKey(text + ItemKey.drillSuffix) }
  public var isDrill: Bool { text.hasSuffix(ItemKey.drillSuffix) }
  /// The item itself.
  public var item: ItemKey { isDrill ? ItemKey(String(text.dropLast(ItemKey.drillSuffix.count))) : self }
  private static let drillSuffix = "#drill"

  public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Everything that is remembered of one protected item.
public struct ItemState: Hashable, Sendable, Codable {
  public let key: ItemKey
  public var itemID: ResourceID
  public var vault: ResourceID
  public var name: String
  public var lifecycleID: String?
  public var protectionState: ProtectionState
  public var activeLocation: String
  /// The region of the live machine, by the item.
  public var location: String?
  /// The live machine that is settled: the one that a failover would leave.
  public var live: MachineIdentity?
  /// Earlier live machines, newest first, at most eight.
  public var former: [MachineIdentity]
  public var transition: Transition?
  public var failover: Failover?
  public var testMachine: ResourceID?
  public var heal: Heal?
  /// A heal that would start, and what keeps it from starting.
  public var held: Held?
  /// When a person approved the heal of this live machine.
  public var approved: Timestamp?
  /// When this live machine was healed, oldest first.
  public var healedAt: [Timestamp]?
  public var legs: [LegVerdict]
  public var suspicions: [Suspicion]
  public var lastLook: Timestamp?
  public var lastAssociationsLook: Timestamp?
  /// The machine that the last failover left behind was asked what it had.
  public var hasSoughtSource: Bool
  public var nextLook: Timestamp
  /// The reason of the last decision.
  public var reason: Reason
  /// What was said and still holds, so that it is said once.
  public var said: Set<String>
  /// Reads of the machine that failed in a row.
  public var failedReads: Int
  public var isListed: Bool

  public init(key: ItemKey, item: ProtectedItem, at now: Timestamp) {
    self.init(
      key: key, itemID: item.id, vault: item.vault, name: item.friendlyName, protectionState: item.protectionState,
      activeLocation: item.activeLocation, nextLook: now, reason: .firstSight)
    lifecycleID = item.lifecycleID
    location = item.livePlace.location
  }

  /// With what every state has.
  package init(
    key: ItemKey, itemID: ResourceID, vault: ResourceID, name: String, protectionState: ProtectionState,
    activeLocation: String, nextLook: Timestamp, reason: Reason
  ) {
    self.key = key
    self.itemID = itemID
    self.vault = vault
    self.name = name
    self.protectionState = protectionState
    self.activeLocation = activeLocation
    self.nextLook = nextLook
    self.reason = reason
    former = []
    legs = []
    suspicions = []
    hasSoughtSource = false
    said = []
    failedReads = 0
    isListed = true
  }

  /// Whether a listed item shows nothing that this state does not know: then nothing follows from it.
  public func isCurrent(with item: ProtectedItem) -> Bool {
    isListed && reason != .firstSight && itemID == item.id && name == item.friendlyName
      && protectionState == item.protectionState && activeLocation == item.activeLocation
      && testMachine == item.testMachineID && live?.id == item.liveMachineID
      && (item.lifecycleID == nil || lifecycleID == item.lifecycleID) && transition == nil
      && !item.isBusyWithAnythingButReprotect
  }

  /// Whether the two differ in nothing but their heals' course and the times of looks.
  public func isSameBesideHeal(as other: ItemState) -> Bool {
    guard heal?.id == other.heal?.id else { return false }
    var mine = self
    mine.takeLooks(of: other)
    mine.heal = other.heal
    return mine == other
  }

  /// Whether the two differ in nothing that must outlive the process.
  public func isSameForGood(as other: ItemState) -> Bool {
    var mine = self
    mine.takeLooks(of: other)
    mine.reason = other.reason
    mine.suspicions = other.suspicions
    mine.held = other.held
    guard mine.legs.map(\.lasting) == other.legs.map(\.lasting) else { return false }
    mine.legs = other.legs
    return mine == other
  }

  /// In place: to hand a copy out would cost each look one more.
  private mutating func takeLooks(of other: ItemState) {
    lastLook = other.lastLook
    lastAssociationsLook = other.lastAssociationsLook
    nextLook = other.nextLook
  }

  /// The failover that the item goes through, or went through last.
  public var failoverID: String? { transition?.failoverID ?? failover?.id }

  /// The failover that the item goes through; nil once its machine is well.
  public var openFailoverID: String? {
    transition?.failoverID ?? failover.flatMap { $0.isSettled ? nil : $0.id }
  }

  /// Whether anything about the item wants the quick rhythm.
  public var isOnTheMove: Bool { transition != nil || isHealing || (failover.map { !$0.isSettled } ?? false) }

  /// Whether a heal has begun and is not over.
  public var isHealing: Bool { heal?.status.isRunning ?? false }
}

/// A live machine that may be about to change: what is known until the failover counts as completed.
public struct Transition: Hashable, Sendable, Codable {
  public var candidate: ResourceID?
  public var since: Timestamp
  /// The failover that the item goes through together with others of its vault.
  public var failoverID: String?
  /// When all conditions held for the first time; they must hold twice.
  public var firstConfirmed: Timestamp?
  /// Which failover of the item had succeeded last when this one was noticed, by Azure.
  public var succeededBefore: Timestamp?

  public init(
    candidate: ResourceID?, since: Timestamp, failoverID: String? = nil, succeededBefore: Timestamp? = nil
  ) {
    self.candidate = candidate
    self.since = since
    self.failoverID = failoverID
    self.succeededBefore = succeededBefore
  }
}

/// A heal that a brake keeps from starting.
public struct Held: Hashable, Sendable, Codable {
  public var reason: Reason
  public var since: Timestamp

  package init(reason: Reason, since: Timestamp) {
    self.reason = reason
    self.since = since
  }
}

/// A completed change of an item's live machine.
public struct Failover: Hashable, Sendable, Codable {
  public enum Cause: String, Sendable, Codable {
    /// Failover, failback, failing over again, zone to zone.
    case liveMachineChanged
    /// The same id, another `vmId`: the recovery point was changed.
    case machineReplaced
    /// It was failed over when we first saw it.
    case foundFailedOver
    /// A person said that what is broken on this machine is to be healed.
    case commanded
    /// Nothing explains the breakage, and the configuration says to heal it all the same.
    case unexplained
    /// The machine is one that a test failover made.
    case testFailover
  }

  /// What the item went through together with others of its vault: `aftercare report` tells of it. Nil when Site
  /// Recovery moved nothing.
  public var id: String?
  public var cause: Cause
  public var from: MachineIdentity?
  public var to: MachineIdentity
  /// By our clock.
  public var noticed: Timestamp
  public var completed: Timestamp
  /// By Azure's clock: when the machine came up there. Heartbeats are compared with it, and only with it.
  public var cloudTime: Timestamp?
  /// The machine was found well, or healed: from now on breakage is no longer explained by this failover.
  public var isSettled: Bool

  public init(
    id: String? = nil, cause: Cause, from: MachineIdentity?, to: MachineIdentity, noticed: Timestamp,
    completed: Timestamp, cloudTime: Timestamp?
  ) {
    self.id = id
    self.cause = cause
    self.from = from
    self.to = to
    self.noticed = noticed
    self.completed = completed
    self.cloudTime = cloudTime
    isSettled = false
  }
}

/// A leg that looks bad in a way that a healthy machine also shows, and since when.
public struct Suspicion: Hashable, Sendable, Codable {
  public var leg: Leg
  public var since: Timestamp
  public var looks: Int

  public init(leg: Leg, since: Timestamp, looks: Int) {
    self.leg = leg
    self.since = since
    self.looks = looks
  }
}

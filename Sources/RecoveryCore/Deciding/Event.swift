/// Something that happened and that a person may want to know: what logs, journal and terminal all read.
public struct Event: Hashable, Sendable, Codable {
  public enum Level: String, Sendable, Codable, CaseIterable, Comparable {
    case debug
    case info
    /// Something turned out well, or is on its way, that one wants to read about.
    case notice
    /// Something is wrong and is being taken care of, or may need a look in office hours.
    case warning
    /// A person is needed.
    case error

    public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    private var rank: Int { Level.allCases.firstIndex(of: self) ?? 0 }
  }

  public var at: Timestamp
  public var kind: EventKind
  public var level: Level
  /// A constant sentence for each kind.
  public var message: String { kind.sentence }
  public var item: ItemKey?
  public var itemName: String?
  public var machine: ResourceID?
  public var vault: ResourceID?
  public var heal: String?
  /// What differs from one event of the kind to the next, by the names listed in docs/events.md.
  public var fields: [String: String]

  /// The failover that it is part of.
  public var failover: String? { fields["failover"] }

  public init(
    _ kind: EventKind, at: Timestamp, level: Level? = nil, item: ItemKey? = nil, itemName: String? = nil,
    machine: ResourceID? = nil, vault: ResourceID? = nil, heal: String? = nil, fields: [String: String] = [:]
  ) {
    self.at = at
    self.kind = kind
    self.level = level ?? kind.usualLevel
    self.item = item
    self.itemName = itemName
    self.machine = machine
    self.vault = vault
    self.heal = heal
    self.fields = fields
  }
}

/// The stable names of events.
public enum EventKind: String, Sendable, Codable, CaseIterable {
  case daemonStarted = "daemon.started"
  case daemonStopped = "daemon.stopped"
  case configurationReloaded = "configuration.reloaded"
  case configurationRefused = "configuration.refused"
  case journalDamaged = "journal.damaged"
  case journalReturned = "journal.returned"
  case vaultTaken = "vault.taken"
  case vaultLeft = "vault.left"
  case sweepFailed = "sweep.failed"
  case sweepRecovered = "sweep.recovered"
  case itemUnreadable = "item.unreadable"
  case itemAdded = "item.added"
  case itemGone = "item.gone"
  case itemReturned = "item.returned"
  case jobSeen = "job.seen"
  case stateUnknown = "state.unknown"
  case testFailoverSeen = "testFailover.seen"
  case testFailoverJudged = "testFailover.judged"
  case testFailoverGone = "testFailover.gone"
  case failoverNoticed = "failover.noticed"
  case failoverWaiting = "failover.waiting"
  case failoverOverdue = "failover.overdue"
  case failoverCompleted = "failover.completed"
  case machineUnreadable = "machine.unreadable"
  case machineReadable = "machine.readable"
  case machineGone = "machine.gone"
  case baselineLearned = "baseline.learned"
  case baselineChanged = "baseline.changed"
  case baselineMissing = "baseline.missing"
  case partSetAside = "part.setAside"
  case legBroken = "leg.broken"
  case legUnexplained = "leg.unexplained"
  case legSuspect = "leg.suspect"
  case legWell = "leg.well"
  case healHeld = "heal.held"
  case healApproved = "heal.approved"
  case tagUnclear = "tag.unclear"
  case brakeOn = "brake.on"
  case brakeOff = "brake.off"
  case healStarted = "heal.started"
  case healResumed = "heal.resumed"
  case healWaiting = "heal.waiting"
  case stepStarted = "step.started"
  case stepAccepted = "step.accepted"
  case stepSucceeded = "step.succeeded"
  case stepSkipped = "step.skipped"
  case stepRetrying = "step.retrying"
  case stepTolerated = "step.tolerated"
  case stepFailed = "step.failed"
  case healAgain = "heal.again"
  case healHealed = "heal.healed"
  case healUnverified = "heal.unverified"
  case dataUnreadable = "data.unreadable"
  case healParked = "heal.parked"
  case healAbandoned = "heal.abandoned"
  case alertRaised = "alert.raised"
  case alertRepeated = "alert.repeated"
  case alertResolved = "alert.resolved"

  public var sentence: String {
    switch self {
    case .daemonStarted: "aftercare started"
    case .daemonStopped: "aftercare stopped"
    case .configurationReloaded: "the configuration was read again"
    case .configurationRefused: "the new configuration is wrong and the old one goes on"
    case .journalDamaged: "the journal is damaged, in its story"
    case .journalReturned: "the journal did not answer, and does again"
    case .vaultTaken: "an instance looks after a vault from now on"
    case .vaultLeft: "an instance gives a vault to the others"
    case .sweepFailed: "a vault cannot be read"
    case .sweepRecovered: "a vault can be read again"
    case .itemUnreadable: "a protected item cannot be understood"
    case .itemAdded: "a protected item is watched"
    case .itemGone: "a protected item is no longer listed"
    case .itemReturned: "a protected item is listed again"
    case .jobSeen: "a site recovery job was seen"
    case .stateUnknown: "a protected item is in a state that is not known"
    case .testFailoverSeen: "a test failover is under way"
    case .testFailoverJudged: "a test machine was judged and is left alone"
    case .testFailoverGone: "a test failover was cleaned up"
    case .failoverNoticed: "a failover is under way"
    case .failoverWaiting: "a failed-over machine is not ready yet"
    case .failoverOverdue: "a failed-over machine does not become ready"
    case .failoverCompleted: "failover completed"
    case .machineUnreadable: "a machine cannot be read"
    case .machineReadable: "a machine can be read again"
    case .machineGone: "a live machine does not exist"
    case .baselineLearned: "what a machine has was learned"
    case .baselineChanged: "what a machine has changed"
    case .baselineMissing: "neither baseline nor profile says what a failed-over machine must have"
    case .partSetAside: "a part of the baseline is not put back"
    case .legBroken: "a leg is broken after a failover"
    case .legUnexplained: "a leg is broken and no failover explains it"
    case .legSuspect: "a leg is suspect and is watched"
    case .legWell: "a leg is well again"
    case .healHeld: "a heal is held"
    case .healApproved: "a heal was approved"
    case .tagUnclear: "a machine's tag neither opts out nor in"
    case .brakeOn: "no heal starts: a brake is on"
    case .brakeOff: "heals start again: a brake is off"
    case .healStarted: "heal started"
    case .healResumed: "heal resumed"
    case .healWaiting: "a heal waits"
    case .stepStarted: "step started"
    case .stepAccepted: "step accepted by Azure"
    case .stepSucceeded: "step succeeded"
    case .stepSkipped: "step not needed"
    case .stepRetrying: "step will be tried again"
    case .stepTolerated: "step failed and is tolerated"
    case .stepFailed: "step failed"
    case .healAgain: "the machine is not well yet and the heal goes another round"
    case .healHealed: "healed"
    case .healUnverified: "every leg is well, but whether data flows could not be seen"
    case .dataUnreadable: "a workspace cannot be asked for data"
    case .healParked: "parked: a person is needed"
    case .healAbandoned: "heal abandoned"
    case .alertRaised: "alert"
    case .alertRepeated: "alert goes on"
    case .alertResolved: "alert is over"
    }
  }

  public var usualLevel: Event.Level {
    switch self {
    case .itemAdded, .baselineLearned, .stepAccepted, .machineReadable: .debug
    case .itemGone, .sweepFailed, .itemUnreadable, .stateUnknown, .machineUnreadable, .machineGone, .legUnexplained,
      .stepRetrying, .stepTolerated, .healAgain, .healUnverified, .dataUnreadable,
      .baselineMissing, .legSuspect, .healAbandoned, .legBroken, .healHeld, .tagUnclear, .failoverOverdue, .healParked,
      .stepFailed, .brakeOn, .configurationRefused, .journalReturned:
      .warning
    // What needs a person is said once for all machines that it concerns.
    case .alertRaised, .alertRepeated, .journalDamaged: .error
    case .failoverNoticed, .failoverCompleted, .healStarted, .healHealed, .healResumed, .healApproved, .brakeOff,
      .daemonStarted, .daemonStopped, .vaultTaken, .vaultLeft, .configurationReloaded, .alertResolved,
      .testFailoverSeen, .testFailoverJudged, .sweepRecovered, .itemReturned:
      .notice
    case .failoverWaiting, .healWaiting, .stepStarted, .stepSucceeded, .stepSkipped, .jobSeen, .testFailoverGone,
      .legWell, .baselineChanged, .partSetAside:
      .info
    }
  }
}

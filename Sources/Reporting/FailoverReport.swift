public import RecoveryCore

/// The account of one failover, for the morning after: the shape of `report --format json`. Everything in it is read
/// from the journal; times of the cloud's own clock are said to be so.
public struct FailoverReport: Sendable, Encodable {
  /// How a machine came out.
  public enum Outcome: String, Sendable, Encodable, CaseIterable {
    case parked
    case held
    case failingOver
    case failedOver
    case healing
    case unverified
    case healed
    /// Nothing of it was broken.
    case well
    /// The failover did not come about: the item's machine is the one that it was.
    case stayed

    public var words: String { Condition(rawValue: rawValue)?.words ?? rawValue }

    /// Whether nothing more is to come.
    public var isOver: Bool { self == .healed || self == .unverified || self == .well || self == .stayed }
  }

  public struct Machine: Sendable, Encodable {
    public var item: String
    public var itemKey: String
    public var machine: String?
    public var from: String?
    public var location: String?
    public var os: String?
    public var outcome: Outcome
    /// When it was seen to move, when the failover was complete, and when all was well: by this host's clock.
    public var noticed: Moment?
    public var completed: Moment?
    public var well: Moment?
    public var lost: [Lost]
    public var done: [Done]
    /// From the last sign of life to the first, by Azure's clock.
    public var silentFrom: Moment?
    public var silentUntil: Moment?
    /// Minutes of logs that are missing, rounded; nil while they go on being missing, or when it cannot be told.
    public var logGapMinutes: Int?
    /// Why it is parked, held or unverified, and what to do.
    public var cause: String?
    public var remedy: String?
    public var reprotect: String?
    /// What a support case wants.
    public var correlationIDs: [String]
  }

  /// A leg that the failover broke.
  public struct Lost: Hashable, Sendable, Encodable {
    public var leg: String
    /// The leg as a person calls it.
    public var name: String
    public var finding: String
    public var evidence: String
  }

  /// A step that was taken.
  public struct Done: Hashable, Sendable, Encodable {
    public var step: String
    public var state: String
    public var attempts: Int
    public var started: Moment?
    public var ended: Moment?
    public var fault: String?
  }

  public var id: String
  public var vault: String?
  public var began: Moment
  /// When the last machine was well; nil while one is not.
  public var ended: Moment?
  public var written: Moment
  public var machines: [Machine]

  public var isOver: Bool { machines.allSatisfy(\.outcome.isOver) }

  public func count(_ outcome: Outcome) -> Int { machines.count { $0.outcome == outcome } }

  /// The longest of the known log gaps, and the middle one.
  public var logGaps: (longest: Int, median: Int)? {
    let gaps = machines.compactMap(\.logGapMinutes).sorted()
    return gaps.last.map { ($0, gaps[gaps.count / 2]) }
  }
}

extension FailoverReport {
  /// Reads the account of a failover out of the journal; nil when nothing in it tells of one of that id.
  public init?(
    of id: String, in journal: any Journal, states: ItemStates, at now: Timestamp
  ) async throws(JournalError) {
    let events = try await journal.events(of: id).map(\.event)
    let heals = Dictionary(grouping: try await journal.heals(of: id), by: \.item)
    self.init(id, events: events, heals: heals, states: states, at: now)
  }

  init?(
    _ id: String, events: [Event], heals: [ItemKey: [Heal]], states: ItemStates, at now: Timestamp
  ) {
    guard let first = events.map(\.at).min(), let latest = events.map(\.at).max() else { return nil }
    self.id = id
    vault = events.lazy.compactMap(\.vault).first?.name
    began = Moment(first)
    written = Moment(now)
    let stories = Dictionary(grouping: events.filter { $0.item != nil }, by: { $0.item ?? ItemKey("") })
    let members = Dictionary(
      states.filter { $0.failoverID == id }.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    machines = stories.map { key, story in
      Machine(key, story, heals: heals[key] ?? [], state: members[key])
    }
    .sorted { ($0.item, $0.itemKey) < ($1.item, $1.itemKey) }
    ended = machines.allSatisfy(\.outcome.isOver) ? machines.compactMap(\.well).max() ?? Moment(latest) : nil
  }
}

extension FailoverReport.Machine {
  /// - Parameter state: what is known of the item now; nil when it has moved on since.
  init(_ key: ItemKey, _ story: [Event], heals: [Heal], state: ItemState?) {
    func last(_ kinds: EventKind...) -> Event? { story.last { kinds.contains($0.kind) } }
    let completed = story.first { $0.kind == .failoverCompleted }
    let end = last(.healHealed, .healUnverified)
    let wholly = story.last { $0.kind == .legWell && $0.fields["leg"] == "all" }
    item = story.last?.itemName ?? key.text
    itemKey = key.text
    machine = (completed ?? story.last)?.machine?.text
    from = completed?.fields["from"]
    location = completed?.fields["location"]
    os = completed?.fields["os"]
    noticed = (story.first?.at).map(Moment.init)
    self.completed = (completed?.at).map(Moment.init)
    well = (end?.at ?? wholly?.at).map(Moment.init)
    var lost: [FailoverReport.Lost] = []
    for event in story where event.kind == .legBroken {
      let leg = FailoverReport.Lost(
        leg: event.fields["leg"] ?? "", name: Leg.name(of: event.fields["leg"] ?? ""),
        finding: event.fields["finding"] ?? "", evidence: event.fields["evidence"] ?? "")
      if !lost.contains(where: { $0.leg == leg.leg }) { lost.append(leg) }
    }
    self.lost = lost
    done = heals.flatMap(\.steps).filter { $0.state != .pending && $0.work != .verify }.map(FailoverReport.Done.init)
    silentFrom = (end?.time("silentFrom") ?? state?.failover?.cloudTime).map(Moment.init)
    silentUntil = end?.time("silentUntil").map(Moment.init)
    reprotect = end?.fields["reprotect"]
    correlationIDs = story.compactMap { $0.fields["correlationId"] }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
    outcome = FailoverReport.Outcome(state, end: end, wholly: wholly, completed: completed, last: last)
    let trouble = last(.healParked, .healHeld, .healUnverified, .failoverOverdue)
    if !outcome.isOver || outcome == .unverified {
      cause = trouble?.fields["cause"] ?? trouble?.fields["reason"]
      remedy = trouble?.fields["remedy"]
    }
    if outcome == .stayed { (silentFrom, silentUntil) = (nil, nil) }
    if let silentFrom, let silentUntil {
      logGapMinutes = Int(((silentUntil.time - silentFrom.time).inMilliseconds + 30_000) / 60_000)
    }
  }
}

extension FailoverReport.Outcome {
  fileprivate init(
    _ state: ItemState?, end: Event?, wholly: Event?, completed: Event?, last: (EventKind...) -> Event?
  ) {
    if let end, (wholly?.at ?? end.at) <= end.at, state?.condition != .parked, state?.condition != .healing {
      self = end.kind == .healHealed ? .healed : .unverified
    } else {
      switch state?.condition {
      case .failingOver: self = .failingOver
      case .held: self = .held
      case .healing: self = .healing
      case .parked: self = wholly == nil ? .parked : .well
      case .failedOver: self = .failedOver
      default: self = wholly != nil ? .well : completed == nil ? .stayed : last(.healParked) != nil ? .parked : .well
      }
    }
  }
}

extension FailoverReport.Done {
  init(_ step: Step) {
    self.init(
      step: step.title, state: step.state.rawValue, attempts: step.attempts,
      started: step.firstIntended.map(Moment.init), ended: step.ended.map(Moment.init),
      fault: step.state == .succeeded ? nil : step.fault.map { "\($0)" })
  }
}

extension Event {
  fileprivate func time(_ field: String) -> Timestamp? { fields[field].flatMap { Timestamp(iso8601: $0) } }
}

extension Leg {
  /// The name of a leg that an event describes: its last word, without its publisher.
  fileprivate static func name(of description: String) -> String {
    let words = description.split(separator: " ")
    let last = words.last.map(String.init) ?? description
    switch words.first {
    case "extension": return last.split(separator: ".").last.map(String.init) ?? last
    case "data": return "rows in \(last)"
    default: return last
    }
  }
}

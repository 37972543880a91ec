/// How things are, as far as alerts are concerned.
public struct Outlook: Sendable {
  /// A vault that cannot be read, and since when.
  public struct Unreadable: Hashable, Sendable {
    public var fault: Fault
    public var since: Timestamp

    public init(fault: Fault, since: Timestamp) {
      self.fault = fault
      self.since = since
    }
  }

  /// The items of every failover that is not over, or whose end is not said; then all other remarkable ones.
  public var failovers: [String: ItemStates]
  public var others: ItemStates
  public var brakes: Brakes
  public var unreadable: [ResourceID: Unreadable]

  public init(
    failovers: [String: ItemStates] = [:], others: ItemStates = [], brakes: Brakes = Brakes(),
    unreadable: [ResourceID: Unreadable] = [:]
  ) {
    self.failovers = failovers
    self.others = others
    self.brakes = brakes
    self.unreadable = unreadable
  }

  /// The alerts that follow from it.
  public func alerts(under policy: AlertPolicy, at now: Timestamp) -> [Alert] {
    failovers.compactMap { failover($0, of: $1, at: now) } + parked(at: now) + unexplained(at: now)
      + unreadable.filter { now - $1.since >= policy.unreadableFor }.map(vault) + braked
  }

  private func failover(_ id: String, of items: ItemStates, at now: Timestamp) -> Alert? {
    guard let first = items.first else { return nil }
    let needy = items.filter(\.needsPerson)
    let isOver = needy.isEmpty && !items.contains(where: \.isOnTheMove)
    return Alert(
      .failover, of: id, in: first.vault, level: isOver ? .info : needy.isEmpty ? .notice : .error,
      machines: Outlook.count(items), names: Outlook.names(needy), cause: needy.lazy.compactMap(\.trouble).first,
      remedy: Outlook.remedy(for: needy),
      since: items.compactMap { $0.transition?.since ?? $0.failover?.noticed }.min() ?? now)
  }

  private func parked(at now: Timestamp) -> [Alert] {
    others.filter(\.needsPerson).grouped(by: \.vault).map { vault, items in
      Alert(
        .parked, of: vault.name, in: vault, level: .error, machines: Outlook.count(items), names: Outlook.names(items),
        cause: items.lazy.compactMap(\.trouble).first,
        remedy: Outlook.remedy(for: items),
        since: items.compactMap { $0.heal?.ended ?? $0.held?.since }.min() ?? now)
    }
  }

  private func unexplained(at now: Timestamp) -> [Alert] {
    others.filter { !$0.unexplainedLegs.isEmpty }.grouped(by: \.vault).map { vault, items in
      Alert(
        .unexplained, of: vault.name, in: vault, level: .warning, machines: Outlook.count(items),
        names: Outlook.names(items),
        cause: items.first.map { "\($0.name): \($0.unexplainedLegs.joined(separator: ", "))" },
        remedy: "No failover explains it, so nothing is touched: see whether it was removed on purpose; else run "
          + "`aftercare heal` for the machine.",
        since: now)
    }
  }

  private func vault(_ vault: ResourceID, _ unreadable: Unreadable) -> Alert {
    Alert(
      .vault, of: vault.name, in: vault, level: .error, cause: "\(unreadable.fault)", remedy: unreadable.fault.remedy,
      since: unreadable.since)
  }

  private var braked: [Alert] {
    let pause = brakes.pause.map {
      Alert(.brake, of: "pause", level: .warning, cause: $0.reason, remedy: "Run `aftercare resume`.", since: $0.since)
    }
    let trip = brakes.trip.map {
      Alert(
        .brake, of: "failureRate", level: .error, cause: "\($0.parked) of the last \($0.ended) heals were parked",
        remedy: "Look at the parked machines, then run `aftercare resume`; else it is tried again by itself.",
        since: $0.since)
    }
    return [pause, trip].compactMap { $0 }
  }

  private static func remedy(for needy: ItemStates) -> String {
    let conditions = Set(needy.map(\.condition))
    if needy.isEmpty { return "Nothing: the machines are healed as they become ready." }
    if conditions == [.parked] { return "`aftercare status` has the reasons; then run `aftercare retry` for each." }
    if conditions == [.held] { return "Run `aftercare approve --all`, or `aftercare approve` for single machines." }
    if !conditions.contains(.parked), !conditions.contains(.held) {
      return "Look at these machines and at the failover job in the vault; they are still waited for."
    }
    return "`aftercare status` has the reasons; then run `aftercare retry` or `aftercare approve` for each."
  }

  private static func count(_ items: ItemStates) -> [Condition: Int] {
    items.grouped(by: \.condition).mapValues(\.count)
  }

  private static func names(_ items: ItemStates) -> [String] {
    Array(items.map(\.name).sorted().prefix(Alert.mostNames))
  }
}

extension ItemState {
  /// Why a person is needed.
  fileprivate var trouble: String? {
    switch heal?.status {
    case .parked(let why): "\(name): \(why)"
    default: "\(name): \(held?.reason.rawValue ?? reason.rawValue)"
    }
  }
}

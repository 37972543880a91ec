/// The alerts that stand. Level-based, like every decision: it is told how things are, not what happened, and what it
/// says is only what has become different.
public struct AlertBook: Hashable, Sendable {
  public private(set) var standing: [Alert]

  public init(_ standing: [Alert] = []) { self.standing = standing.sorted { $0.id < $1.id } }

  /// Takes over how things are now, and returns what is to be said of it.
  public mutating func update(_ present: [Alert], policy: AlertPolicy, at now: Timestamp) -> [Event] {
    var events: [Event] = []
    var next: [Alert] = []
    var known = Dictionary(standing.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for var alert in present.sorted(by: { $0.id < $1.id }) {
      if let old = known.removeValue(forKey: alert.id) {
        alert.since = old.since
        alert.told = old.told
      }
      if alert.isOver {
        if alert.told != nil { events.append(alert.event(.alertResolved, at: now)) }
        continue
      }
      if let kind = alert.isDue(under: policy, at: now) {
        alert.told = Alert.Told(at: now, level: alert.level, machines: alert.machines, names: alert.names)
        events.append(alert.event(kind, at: now))
      }
      next.append(alert)
    }
    // What nobody was told of may go without a word.
    for gone in known.values.sorted(by: { $0.id < $1.id }) where gone.told != nil {
      events.append(gone.event(.alertResolved, at: now))
    }
    standing = next
    return events
  }
}

extension Alert {
  /// Nil while there is nothing to say.
  fileprivate func isDue(under policy: AlertPolicy, at now: Timestamp) -> EventKind? {
    guard let told else {
      let mayGather = name == .failover && level < .error
      return mayGather && now - since < policy.gather ? nil : .alertRaised
    }
    if level > told.level { return .alertRaised }
    if machines != told.machines || names != told.names, now - told.at >= policy.groupInterval { return .alertRepeated }
    return level >= .warning && now - told.at >= policy.repeatAfter ? .alertRepeated : nil
  }

  fileprivate func event(_ kind: EventKind, at now: Timestamp) -> Event {
    let isResolved = kind == .alertResolved
    var fields = ["alert": name.rawValue, "subject": subject, "standing": (now - since).brief]
    if name == .failover { fields["failover"] = subject }
    if !machines.isEmpty {
      fields["machines"] = String(machines.values.reduce(0, +))
      fields["conditions"] = Alert.words(machines)
    }
    if !isResolved {
      if let cause { fields["cause"] = cause }
      if !names.isEmpty { fields["names"] = names.joined(separator: ", ") }
      fields["remedy"] = remedy
    }
    return Event(kind, at: now, level: isResolved ? .notice : level, vault: vault, fields: fields)
  }

  /// `3 healing, 2 parked`.
  public static func words(_ machines: [Condition: Int]) -> String {
    machines.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.words)" }.joined(separator: ", ")
  }
}

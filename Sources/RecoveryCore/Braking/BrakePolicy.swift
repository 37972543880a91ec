/// What keeps heals from starting although they are meant to. The defaults stop nothing that a region failover explains.
public struct BrakePolicy: Hashable, Sendable {
  /// Heals under way at once.
  public var inFlight = 500

  /// The share of heals that ended parked, of those that ended within `failureWindow`, above which no further one
  /// starts.
  public var failureRate = 0.5
  public var failureWindow: Duration = .seconds(3600)
  /// Heals that must have ended before a share means anything.
  public var failuresOf = 5

  /// Whether an extension type is first installed on one machine of an OS before others get it.
  public var usesCanaries = true
  /// How long a canary may keep the others waiting: then one more goes.
  public var canaryWithin: Duration = .seconds(600)
  /// For how long an install that succeeded proves the type for others.
  public var canaryKeeps: Duration = .seconds(6 * 3600)

  /// Whether breakage that no failover explains is healed; else it is said and left alone.
  public var healsUnexplained = false

  /// A machine with this tag and a value such as `off` is not touched.
  public var optOutTag = "aftercare"

  /// When heals may start; always, when there is none.
  public var windows: [HealWindow] = []

  /// A machine that was healed so often within the period is not healed again: something breaks it anew.
  public var flapHeals = 2
  public var flapPeriod: Duration = .seconds(24 * 3600)

  public init() {}

  /// What a machine's tag says. Site Recovery copies tags to the machines that it makes.
  public enum OptOut: Hashable, Sendable {
    case no
    case yes
    /// It means neither, and is worth a warning.
    case unclear(String)
  }

  public func optOut(_ tags: [String: String]) -> OptOut {
    guard let value = tags.first(where: { $0.key.lowercased() == optOutTag.lowercased() })?.value else { return .no }
    switch value.lowercased() {
    case "off", "false", "no", "0", "disabled", "ignore", "opt-out", "optout": return .yes
    case "on", "true", "yes", "1", "enabled", "heal": return .no
    default: return .unclear(value)
    }
  }
}

/// A time of the week, in UTC, in which heals may start.
public struct HealWindow: Hashable, Sendable {
  public enum Day: String, Hashable, Sendable, CaseIterable {
    case mon, tue, wed, thu, fri, sat, sun
  }

  /// The days on which it begins.
  public var days: Set<Day>
  /// Minutes after midnight. An end before the beginning lies on the next day.
  public var from: Int
  public var to: Int

  public init(days: Set<Day> = Set(Day.allCases), from: Int, to: Int) {
    self.days = days
    self.from = from
    self.to = to
  }

  public func contains(_ time: Timestamp) -> Bool {
    let minutes = time.milliseconds.flooredDivision(by: 60_000)
    let day = minutes.flooredDivision(by: 1440)
    let minute = Int(minutes - day * 1440)
    func begins(on day: Int64) -> Bool {
      // 1 January 1970 was a Thursday.
      days.contains(Day.allCases[Int((day + 3) - (day + 3).flooredDivision(by: 7) * 7)])
    }
    if from < to { return begins(on: day) && minute >= from && minute < to }
    return (begins(on: day) && minute >= from) || (begins(on: day - 1) && minute < to)
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

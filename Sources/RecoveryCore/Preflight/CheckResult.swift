/// What one check found: a line for people, an object for machines.
public struct CheckResult: Hashable, Sendable, Codable {
  /// Which check. The names are stable; docs/check.md lists them.
  public enum Kind: String, Sendable, Codable, CaseIterable, Comparable {
    case configuration, stateDirectory, journal, disk, protectedSettingsFile
    case cloud, clock, identity
    case vault, machines, permissions, extensionVersion
    case dataCollectionRule, dataCollectionEndpoint, userAssignedIdentity, keyVault, workspace
    case recoveryPlan, sink

    /// In the order above: what is checked first first.
    public static func < (left: Kind, right: Kind) -> Bool { left.rank < right.rank }
    private var rank: Int { Kind.allCases.firstIndex(of: self) ?? 0 }
  }

  public enum Outcome: String, Sendable, Codable, CaseIterable, Comparable {
    case pass, warn, fail

    public static func < (left: Outcome, right: Outcome) -> Bool { left.rank < right.rank }
    private var rank: Int { Outcome.allCases.firstIndex(of: self) ?? 0 }
  }

  public var check: Kind
  public var outcome: Outcome
  /// What was checked: a file, an ARM id, an extension in a region.
  public var subject: String
  public var found: String
  /// What a person can do; nil when it passed.
  public var remedy: String?

  public init(_ check: Kind, _ outcome: Outcome, _ subject: String, _ found: String, remedy: String? = nil) {
    self.check = check
    self.outcome = outcome
    self.subject = subject
    self.found = found
    self.remedy = remedy
  }

  public static func pass(_ check: Kind, _ subject: String, _ found: String) -> CheckResult {
    CheckResult(check, .pass, subject, found)
  }

  public static func warn(_ check: Kind, _ subject: String, _ found: String, remedy: String) -> CheckResult {
    CheckResult(check, .warn, subject, found, remedy: remedy)
  }

  public static func fail(_ check: Kind, _ subject: String, _ found: String, remedy: String) -> CheckResult {
    CheckResult(check, .fail, subject, found, remedy: remedy)
  }

  /// What could not be found out.
  public static func failed(_ check: Kind, _ subject: String, _ fault: Fault) -> CheckResult {
    .fail(check, subject, "\(fault)", remedy: fault.remedy)
  }
}

extension CheckResult {
  /// How far this host's clock is ahead of Azure's (behind it when negative). Heartbeats and failovers are compared by
  /// Azure's time; tokens and schedules go by ours.
  public static func clock(ahead: Duration) -> CheckResult {
    let amount = max(ahead, .zero - ahead)
    let found =
      amount < .seconds(2) ? "in step with Azure" : "\(amount.brief) \(ahead > .zero ? "ahead of" : "behind") Azure"
    guard amount > .seconds(60) else { return .pass(.clock, "this host's clock", found) }
    return CheckResult(
      .clock, amount > .seconds(300) ? .fail : .warn, "this host's clock", found,
      remedy: "Have it kept by NTP: timedatectl set-ntp true, or chrony.")
  }

  /// Room on the disk of the state directory, in bytes.
  public static func disk(_ path: String, free: Int64) -> CheckResult {
    let mebibytes = free >> 20
    let found = mebibytes >= 1024 ? "\(mebibytes >> 10) GiB free" : "\(mebibytes) MiB free"
    guard mebibytes < 1024 else { return .pass(.disk, path, found) }
    return CheckResult(
      .disk, mebibytes < 100 ? .fail : .warn, path, found,
      remedy: "Free space: without room nothing is begun, because nothing can be journalled.")
  }
}

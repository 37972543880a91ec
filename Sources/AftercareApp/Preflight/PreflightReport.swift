public import RecoveryCore

/// What `check` found: the shape of `check --json`, explained in docs/check.md.
public struct PreflightReport: Sendable, Encodable {
  /// An item that would not come back whole.
  public struct Row: Sendable, Encodable {
    public var item: String
    public var itemID: String
    public var vault: String
    /// The region in which its machine would land, or runs when it is failed over.
    public var region: String
    /// Parts that are known to belong to the machine, and those of them that would come back.
    public var parts: Int
    public var returning: Int
    /// `returning` of `parts`, from 0 to 1.
    public var score: Double
    public var lost: [PlannedMachine.Loss]
  }

  /// What would be lost if everything failed over now.
  public struct Readiness: Sendable, Encodable {
    public var items: Int
    /// Items that would come back whole; they are counted and not listed.
    public var ready: Int
    public var parts: Int
    public var returning: Int
    public var machines: [Row]
  }

  /// The worst of all.
  public var outcome: CheckResult.Outcome
  public var checks: [CheckResult]
  /// Nil when Azure could not be asked.
  public var readiness: Readiness?

  init(_ checks: [CheckResult], readiness: Readiness? = nil) {
    outcome = checks.map(\.outcome).max() ?? .pass
    self.checks = checks
    self.readiness = readiness
  }

  /// A configuration that cannot be used: nothing else was checked.
  public init(_ error: ConfigurationError) {
    self.init(
      error.problems.map { problem in
        .fail(
          .configuration, "\(problem.file):\(problem.line):\(problem.column)",
          (problem.path.isEmpty ? "" : problem.path + ": ") + problem.message,
          remedy: "Correct the line; docs/configuration.md explains every key.")
      })
  }
}

extension PreflightReport.Readiness {
  init(_ prospects: [Prospect], _ unmet: [Need: CheckResult]) {
    let rows = prospects.map { PreflightReport.Row($0, unmet) }
    items = rows.count
    ready = rows.count { $0.lost.isEmpty }
    parts = rows.reduce(0) { $0 + $1.parts }
    returning = rows.reduce(0) { $0 + $1.returning }
    machines = rows.filter { !$0.lost.isEmpty }.sorted { ($0.score, $0.item) < ($1.score, $1.item) }
  }
}

extension PreflightReport.Row {
  init(_ prospect: Prospect, _ unmet: [Need: CheckResult]) {
    item = prospect.item.friendlyName
    itemID = prospect.item.id.text
    vault = prospect.item.vault.text
    region = prospect.item.landing?.location ?? prospect.item.livePlace.location
    lost = prospect.lost
    for part in prospect.parts {
      let reasons = part.needs.compactMap { unmet[$0] }.sorted {
        ($0.check, $0.subject) < ($1.check, $1.subject)
      }
      guard let first = reasons.first else { continue }
      lost.append(
        PlannedMachine.Loss(
          part: part.part, reason: "\(first.check.rawValue): \(first.found) (\(first.subject))",
          remedy: first.remedy ?? "", wantsPerson: true))
    }
    parts = prospect.parts.count + prospect.lost.count
    returning = parts - lost.count
    if let unknown = prospect.unknown {
      lost = [unknown]
      returning = 0
    }
    score = lost.isEmpty ? 1 : parts == 0 ? 0 : Double(returning) / Double(parts)
  }
}

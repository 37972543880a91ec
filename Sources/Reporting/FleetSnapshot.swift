public import RecoveryCore

/// How the fleet is at one moment: from the running watch, or from the journal when nobody watches.
public struct FleetSnapshot: Sendable {
  public var at: Timestamp
  public var states: ItemStates
  public var brakes: Brakes
  public var alerts: [Alert]
  public var sweeps: [SweepReport]
  /// Who looks after which vault; nil where nothing is shared.
  public var leases: LeasePicture?

  public init(at: Timestamp, states: ItemStates, brakes: Brakes, alerts: [Alert], sweeps: [SweepReport]) {
    self.at = at
    self.states = states
    self.brakes = brakes
    self.alerts = alerts
    self.sweeps = sweeps.sorted { $0.vault < $1.vault }
  }

  /// What may still be asked of each subscription, as it was reported last.
  public var budgets: [BudgetReport] { sweeps.latestBudgets }

  /// What the journal holds.
  public init(of journal: any Journal, at now: Timestamp) async throws(JournalError) {
    let image = try await journal.load()
    self.init(
      at: now, states: image.items, brakes: image.brakes, alerts: image.alerts, sweeps: try await journal.sweeps())
  }
}

extension [SweepReport] {
  /// The sweeps of several vaults report on one subscription: the latest one counts.
  public var latestBudgets: [BudgetReport] {
    var latest: [String: BudgetReport] = [:]
    for report in sorted(by: { $0.ended < $1.ended }) {
      for budget in report.budgets ?? [] { latest["\(budget.subscription) \(budget.kind)"] = budget }
    }
    return latest.sorted { $0.key < $1.key }.map(\.value)
  }
}

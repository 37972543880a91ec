import RecoveryCore

/// Counts what the looks of a vault's machines cost between two sweeps.
actor RequestTally {
  enum Kind { case instanceView, item, associations, query }

  private var counts: [ResourceID: SweepReport] = [:]

  func count(_ kind: Kind, for vault: ResourceID) {
    var report =
      counts[vault] ?? SweepReport(vault: vault, started: .init(milliseconds: 0), ended: .init(milliseconds: 0))
    switch kind {
    case .instanceView: report.instanceViews += 1
    case .item: report.itemReads += 1
    case .associations: report.associationLists += 1
    case .query: report.queries += 1
    }
    counts[vault] = report
  }

  /// Moves what was counted into the report of a sweep.
  func drain(into report: inout SweepReport) {
    guard let counted = counts.removeValue(forKey: report.vault) else { return }
    report.instanceViews += counted.instanceViews
    report.itemReads += counted.itemReads
    report.associationLists += counted.associationLists
    report.queries += counted.queries
  }
}

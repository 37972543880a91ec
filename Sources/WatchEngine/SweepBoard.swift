public import RecoveryCore

/// The last sweep of each vault, and what all sweeps since the start have cost.
public actor SweepBoard {
  public private(set) var latest: [ResourceID: SweepReport] = [:]
  /// When each vault was read through the last time.
  public private(set) var succeeded: [ResourceID: Timestamp] = [:]
  /// The requests of all sweeps together.
  public private(set) var totals: [ResourceID: SweepReport] = [:]
  /// Vaults that cannot be read, and since when.
  package private(set) var unreadable: [ResourceID: Outlook.Unreadable] = [:]

  package init() {}

  func note(_ report: SweepReport) {
    latest[report.vault] = report
    var total = totals[report.vault] ?? SweepReport(vault: report.vault, started: report.started, ended: report.ended)
    total.add(report)
    totals[report.vault] = total
    guard let fault = report.fault else {
      succeeded[report.vault] = report.ended
      unreadable[report.vault] = nil
      return
    }
    let since = unreadable[report.vault]?.since ?? report.started
    unreadable[report.vault] = Outlook.Unreadable(fault: fault, since: since)
  }
}

extension SweepReport {
  fileprivate mutating func add(_ other: SweepReport) {
    pages += other.pages
    instanceViews += other.instanceViews
    itemReads += other.itemReads
    associationLists += other.associationLists
    jobLists += other.jobLists
    queries += other.queries
  }
}

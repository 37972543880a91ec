public import RecoveryCore

extension JournalDatabase {
  /// What the sweeps of each vault cost together since the writer last started, ordered by vault.
  public func sweepTotals() async throws(JournalError) -> [SweepTotals] {
    try await store.read { db in try SweepTable.totals(db) }
  }
}

import GRDB
public import RecoveryCore

extension JournalDatabase {
  /// Removes what is older than the retention and returns how many events, heals and orders that were.
  /// Machines that ceased to be live before it go with them.
  ///
  /// Never removed: an event that one of the sinks has not taken yet, the heal that an item's state refers to, a baseline, and an
  /// order without an answer, however old.
  /// The space is used again by what is written next; the file does not shrink.
  @discardableResult
  public func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int {
    try await store.write { db in
      try FenceTable.check(db, fence)
      let told = try SinkTable.all(db).values.min() ?? 0
      try db.execute(
        sql: "DELETE FROM event WHERE at < ? AND sequence <= ?", arguments: [before.milliseconds, told])
      let events = db.changesCount
      try db.execute(
        sql: """
          DELETE FROM heal WHERE coalesce(ended_at, started_at) < ?
            AND id NOT IN (SELECT heal_id FROM item WHERE heal_id IS NOT NULL)
          """, arguments: [before.milliseconds])
      let heals = db.changesCount
      try MachineTable.prune(db, before: before)
      return events + heals + (try BrakeTable.prune(db, before: before))
    }
  }
}

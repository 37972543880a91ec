package import RecoveryCore

/// A whole journal, copied from one place to another, of whatever kind either is.
package struct ArchiveCopy: Sendable {
  /// What was copied.
  package struct Summary: Sendable {
    package fileprivate(set) var counts: [ArchiveTable: Int] = [:]
    package fileprivate(set) var lastEvent: Int64 = 0
    package fileprivate(set) var orders = 0
    package fileprivate(set) var openOrders = 0
    package fileprivate(set) var sinks = 0
    /// Running operations whose addresses could not be taken along.
    package fileprivate(set) var addressesLost = 0
  }

  private let source: any ArchiveSource
  private let target: any ArchiveTarget

  package init(from source: any ArchiveSource, to target: any ArchiveTarget) {
    self.source = source
    self.target = target
  }

  package func run() async throws(JournalError) -> Summary {
    do throws(JournalError) {
      let summary = try await copy()
      await close()
      return summary
    } catch {
      await close()
      throw error
    }
  }

  private func close() async {
    await target.close()
    await source.close()
  }

  private func copy() async throws(JournalError) -> Summary {
    let head = try await source.head()
    let addresses = Resealing(from: source.seal, to: target.seal)
    var summary = Summary()
    for table in ArchiveTable.allCases {
      try await source.read(table) { rows throws(JournalError) in
        let taken = try self.reseal(rows, addresses, &summary)
        try await target.write(taken, of: table)
      }
    }
    try await target.write(head)
    for table in ArchiveTable.allCases { summary.counts[table] = try await compared(table) }
    summary.lastEvent = head.lastEvent
    summary.orders = head.orders.count
    summary.openOrders = head.orders.filter { $0.answer == nil }.count
    summary.sinks = Set(head.shards.flatMap(\.sinks.keys)).count
    try await target.keep()
    return summary
  }

  private func reseal(
    _ rows: [ArchiveRow], _ addresses: Resealing, _ summary: inout Summary
  ) throws(JournalError) -> [ArchiveRow] {
    do {
      var taken: [ArchiveRow] = []
      for row in rows {
        let (row, lost) = try addresses.resealed(row)
        taken.append(row)
        summary.addressesLost += lost
      }
      return taken
    } catch {
      throw JournalError(.failed, "\(source.place): the addresses of running operations cannot be sealed: \(error)")
    }
  }

  /// Both sides are counted, each by itself.
  private func compared(_ table: ArchiveTable) async throws(JournalError) -> Int {
    let (there, here) = (try await source.count(table), try await target.count(table))
    guard there == here else {
      throw JournalError(
        .failed,
        "table '\(table.rawValue)' has \(there) rows in \(source.place) and would have \(here) in \(target.place): nothing "
          + "was kept there. Read the source (`aftercare state backup` checks a file, pg_amcheck a database), and try again"
      )
    }
    return here
  }
}

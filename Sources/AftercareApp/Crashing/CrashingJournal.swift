import RecoveryCore

/// Dies before a write to the journal, or when it is on the disk and nobody has heard of it. Reads pass.
struct CrashingJournal: JournalDecorator {
  let base: any Journal
  let crasher: Crasher

  func acquire(
    holder: String, telling sinks: Set<String>, at now: Timestamp
  ) async throws(JournalError) -> Fence {
    try await crasher.pass("acquire") { () async throws(JournalError) in
      try await base.acquire(holder: holder, telling: sinks, at: now)
    }
  }

  func commit(_ changes: [JournalChange], fence: Fence) async throws(JournalError) -> [RecordedEvent] {
    let kinds = changes.flatMap(\.events).map(\.kind.rawValue)
    return try await crasher.pass("commit \(kinds.joined(separator: " "))") { () async throws(JournalError) in
      try await base.commit(changes, fence: fence)
    }
  }

  func markDelivered(through sequence: Int64, to sink: String, fence: Fence) async throws(JournalError) {
    try await crasher.pass("markDelivered \(sequence) to \(sink)") { () async throws(JournalError) in
      try await base.markDelivered(through: sequence, to: sink, fence: fence)
    }
  }

  func record(_ sweep: SweepReport, fence: Fence) async throws(JournalError) {
    try await crasher.pass("record") { () async throws(JournalError) in try await base.record(sweep, fence: fence) }
  }

  func prune(before: Timestamp, fence: Fence) async throws(JournalError) -> Int {
    try await crasher.pass("prune") { () async throws(JournalError) in
      try await base.prune(before: before, fence: fence)
    }
  }

  func give(_ order: Order, at now: Timestamp) async throws(JournalError) -> Int64 {
    try await crasher.pass("give") { () async throws(JournalError) in try await base.give(order, at: now) }
  }
}

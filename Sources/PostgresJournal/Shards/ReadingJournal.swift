import RecoveryCore

/// A view on the database, as far as it only reads: one shard and all of them differ in what their reader looks at.
protocol ReadingJournal: Journal {
  var reader: JournalReader { get }
}

extension ReadingJournal {
  func events(about subject: String?, last limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await reader.events(about: subject, last: limit)
  }

  func heals(about subject: String?, last limit: Int) async throws(JournalError) -> [Heal] {
    try await reader.heals(about: subject, last: limit)
  }

  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await reader.events(after: sequence, limit: limit)
  }

  func failovers(last limit: Int) async throws(JournalError) -> [FailoverRecord] {
    try await reader.failovers(last: limit)
  }

  func events(of failover: String) async throws(JournalError) -> [RecordedEvent] {
    try await reader.events(of: failover)
  }

  func heals(of failover: String) async throws(JournalError) -> [Heal] { try await reader.heals(of: failover) }

  func sweeps() async throws(JournalError) -> [SweepReport] { try await reader.sweeps() }

  func baselines(of item: ItemKey, last limit: Int) async throws(JournalError) -> [Baseline] {
    try await reader.baselines(of: item, last: limit)
  }

  func undelivered(to sink: String, limit: Int) async throws(JournalError) -> [RecordedEvent] {
    try await reader.undelivered(to: sink, limit: limit)
  }

  func backlog() async throws(JournalError) -> [String: Int] { try await reader.backlog() }

  func identity() async throws(JournalError) -> String { try await reader.identity() }

  func load(handingTo take: @escaping StateReceiver) async throws(JournalError) -> JournalImage {
    try await reader.load(handingTo: take)
  }
}

import RecoveryCore

extension JournalContract {
  static func sinksAreApart(_ journal: any Journal) async throws {
    let first = try await journal.acquire(holder: "test", telling: ["log", "file"], at: JournalSamples.start)
    let events = (0..<3).map { JournalSamples.event(.stepStarted, after: $0) }
    let recorded = try await journal.commit(JournalChange(events: events), fence: first)
    try await journal.markDelivered(through: recorded[1].sequence, to: "log", fence: first)
    let told = try await journal.undelivered(to: "log", limit: 10)
    try expect(told == Array(recorded.suffix(1)), "the log has one event to go: \(told)")
    let stuck = try await journal.undelivered(to: "file", limit: 10)
    try expect(stuck == recorded, "the file has all to go, whatever the log was told: \(stuck)")
    let backlog = try await journal.backlog()
    try expect(backlog == ["log": 1, "file": 3], "each has its own backlog: \(backlog)")

    let next = try await journal.acquire(holder: "next", telling: ["log", "file", "webhook"], at: JournalSamples.start)
    let history = try await journal.undelivered(to: "webhook", limit: 10)
    try expect(history.isEmpty, "a new sink is not told what was before it: \(history)")
    let later = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: next)
    let news = try await journal.undelivered(to: "webhook", limit: 10)
    try expect(news == later, "it is told what comes: \(news)")
    let all = try await journal.undelivered(to: "file", limit: 10)
    try expect(all == recorded + later, "one that stays goes on where it was: \(all)")
    let none = try await journal.undelivered(to: "nobody", limit: 10)
    try expect(none.isEmpty, "a sink that is not known is told nothing: \(none)")
    let name = try await journal.identity()
    try expect(!name.isEmpty, "a journal has a name")
  }

  static func stuckSinkKeepsEvents(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", telling: ["log", "file"], at: JournalSamples.start)
    let recorded = try await journal.commit(
      JournalChange(events: (0..<3).map { JournalSamples.event(.stepStarted, after: $0) }), fence: fence)
    try await journal.markDelivered(through: recorded[2].sequence, to: "log", fence: fence)
    try await journal.markDelivered(through: recorded[0].sequence, to: "file", fence: fence)
    let late = JournalSamples.start + .seconds(86_400)
    let first = try await journal.prune(before: late, fence: fence)
    try expect(first == 1, "what one sink has yet to take stays: \(first)")
    let next = try await journal.acquire(holder: "next", at: JournalSamples.start)
    let second = try await journal.prune(before: late, fence: next)
    try expect(second == 2, "a sink that is not named any more keeps nothing: \(second)")
    let backlog = try await journal.backlog()
    try expect(backlog == ["log": 0], "it is forgotten: \(backlog)")
  }
}

import AftercareTesting
import RecoveryCore
import RecoverySimulation
import Testing

@Suite("A simulated life of several instances", .timeLimit(.minutes(10)))
struct SharedSimulationTests {
  struct Story: CustomTestStringConvertible, Sendable {
    let seed: UInt64
    let story: String
    var testDescription: String { "\(seed): \(story)" }
  }

  /// Seeds that failed once, each with its story.
  static let known: [Story] = []

  @Test("ends well, whatever the seed", arguments: (0..<12).map { _ in UInt64.random(in: 0...999_999_999) })
  func fresh(seed: UInt64) async throws { try await check(seed) }

  @Test("ends well where one did not once", arguments: known)
  func knownSeed(_ story: Story) async throws { try await check(story.seed) }

  private func check(_ seed: UInt64) async throws {
    let simulation = try SharedSimulation(seed: seed)
    try await simulation.run()
    #expect(simulation.violations.isEmpty, "script/simulate --shared --seed \(seed) --trace: \(simulation.violations)")
  }

  @Test("is the same every time, to the last line, takeovers and all")
  func replay() async throws {
    for seed: UInt64 in 1...1000 {
      let first = try SharedSimulation(seed: seed, isTraced: true)
      try await first.run()
      guard first.count.takeovers > 0, first.count.crashes > 0 else { continue }
      let second = try SharedSimulation(seed: seed, isTraced: true)
      try await second.run()
      #expect(first.trace == second.trace)
      return
    }
    Issue.record("of a thousand lives, none had a crash and a takeover")
  }
}

@Suite("The memory database keeps the contract")
struct MemoryDatabaseTests {
  @Test("of every journal, in each vault", arguments: JournalContract.clauses)
  func journal(_ clause: JournalContract) async throws {
    let database = MemoryDatabase(span: .zero) { JournalSamples.start }
    try await clause.check(database.journal(of: Samples.vault))
  }

  @Test("of all leases", arguments: LeaseContract.clauses)
  func leases(_ clause: LeaseContract) async throws {
    let time = ManualTime()
    let database = MemoryDatabase(span: LeaseContract.span) { time.now }
    try await clause.check(
      LeaseContract.Place(leases: database.leases, journal: { database.journal(of: $0) }) { time.advance(by: $0) })
  }
}

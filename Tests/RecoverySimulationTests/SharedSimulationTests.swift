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

  /// Seeds that failed once, or fail when a line that keeps them safe is taken away, each with its story.
  static let known = [
    Story(
      seed: 144,
      story: """
        a process was told to stop while a removal was on its way: it cut the request off and gave the lease back, and \
        the removal reached Azure when another instance had taken the vault
        """),
    Story(seed: 2, story: "a process that had lost its vault committed once more, and was refused by its fence alone"),
    Story(
      seed: 64,
      story:
        "a process that had lost its vault would have removed an extension, had it not asked whether its lease lasts"),
    Story(
      seed: 309,
      story: "an install was on its way for longer than the lease lasted, and was given up before the lease was over"),
    Story(
      seed: 4872,
      story: """
        an item failed over and back while nobody could look: a bare machine under an id that was never read was taken for \
        the one from before, and nobody was told
        """),
    Story(
      seed: 116_994_539,
      story: """
        a canary whose install had failed twice removed its extension once more, and from then on counted as one that had \
        just begun: it kept the others for as long again
        """),
  ]

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

import ArgumentParser
import FoundationEssentials
import RecoverySimulation

/// Lives many seeded lives, and prints the seed and the violations of each that ended badly.
@main
struct SimulateSeeds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run the watch under a seeded simulation with virtual time; every failure is replayed by its seed.")

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "How many seeds, one after the other.")
  var runs = 1

  @Option(help: "Runs side by side.")
  var jobs = 2

  @Flag(help: "Tell everything that happens; with one run only.")
  var trace = false

  @Flag(help: "Stop at the first failure.")
  var first = false

  func run() async throws {
    let start = ContinuousClock.now
    var failures: [(UInt64, [String])] = []
    var lived = 0
    var crashes = 0
    var requests = 0
    if trace {
      let simulation = try Simulation(seed: seed, isTraced: true)
      try await simulation.run()
      simulation.trace.forEach { print($0) }
      report(
        [(seed, simulation.violations)].filter { !$0.1.isEmpty }, 1, simulation.crashes, simulation.requests, start)
      if !simulation.violations.isEmpty { throw ExitCode(2) }
      return
    }
    let last = seed + UInt64(runs)
    let isFirst = first
    var next = seed
    await withTaskGroup(of: (UInt64, [String], Int, Int).self) { group in
      func add() {
        guard next < last, !(isFirst && !failures.isEmpty) else { return }
        let seed = next
        next += 1
        group.addTask { await SimulateSeeds.live(seed) }
      }
      for _ in 0..<jobs { add() }
      while let (seed, violations, died, asked) = await group.next() {
        lived += 1
        crashes += died
        requests += asked
        if !violations.isEmpty { failures.append((seed, violations)) }
        add()
      }
    }
    report(failures, lived, crashes, requests, start)
    if !failures.isEmpty { throw ExitCode(2) }
  }

  private static func live(_ seed: UInt64) async -> (UInt64, [String], Int, Int) {
    do {
      let simulation = try Simulation(seed: seed)
      try await simulation.run()
      return (seed, simulation.violations, simulation.crashes, simulation.requests)
    } catch {
      return (seed, ["the simulation itself failed: \(error)"], 0, 0)
    }
  }

  private func report(
    _ failures: [(UInt64, [String])], _ lived: Int, _ crashes: Int, _ requests: Int, _ start: ContinuousClock.Instant
  ) {
    for (seed, violations) in failures.sorted(by: { $0.0 < $1.0 }).prefix(20) {
      print(
        "seed \(seed): \(violations.first ?? "")\(violations.count > 1 ? " (and \(violations.count - 1) more)" : "")")
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print(
      "\(lived) runs, \(failures.count) with violations, \(crashes) crashes, \(requests) requests, \(Int(seconds.rounded())) s; replay: script/simulate --seed N --trace"
    )
  }
}

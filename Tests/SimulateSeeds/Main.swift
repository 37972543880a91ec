import ArgumentParser
import Foundation
import RecoverySimulation
import SQLiteJournal

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

  @Option(help: "Instead: so many days of a large fleet, on a real journal in a temporary directory.")
  var soak: Int?

  @Option(help: "Items of a soak.")
  var items = 1000

  func run() async throws {
    let start = ContinuousClock.now
    if let soak { return try await self.soak(soak, start) }
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

  /// Prints what the process holds each day: none of it may grow with time.
  private func soak(_ days: Int, _ start: ContinuousClock.Instant) async throws {
    let directory =
      FileManager.default.temporaryDirectory.path + "/aftercare-soak-\(ProcessInfo.processInfo.processIdentifier)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let journal = try JournalDatabase(directory: directory, access: .readWrite)
    print("| day | items | requests | crashes | journal | resident memory | descriptors |")
    print("|---|---|---|---|---|---|---|")
    fflush(nil)
    let course = Soak(items: items, days: days) { day, items, requests, crashes in
      let size = (try? FileManager.default.attributesOfItem(atPath: journal.path)[.size] as? Int) ?? 0
      let memory = SimulateSeeds.field("VmRSS:", of: "/proc/self/status") / 1024
      let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
      print("| \(day) | \(items) | \(requests) | \(crashes) | \(size >> 20) MB | \(memory) MB | \(descriptors) |")
      fflush(nil)
    }
    let simulation = try Simulation(seed: seed, journal: journal, soak: course)
    try await simulation.run()
    report(
      [(seed, simulation.violations)].filter { !$0.1.isEmpty }, 1, simulation.crashes, simulation.requests, start)
    if !simulation.violations.isEmpty { throw ExitCode(2) }
  }

  private static func field(_ name: String, of file: String) -> Int {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
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

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

  @Flag(help: "Several instances that share several vaults, each life.")
  var shared = false

  @Option(help: "Instead: so many days of a large fleet, on a real journal in a temporary directory.")
  var soak: Int?

  @Option(help: "Items of a soak.")
  var items = 1000

  func run() async throws {
    let start = ContinuousClock.now
    if let soak { return try await self.soak(soak, start) }
    if trace {
      let life = await live(seed, isTraced: true)
      life.trace.forEach { print($0) }
      try conclude([life], start)
      return
    }
    let last = seed + UInt64(runs)
    var next = seed
    var lives: [Life] = []
    await withTaskGroup(of: Life.self) { group in
      func add() {
        guard next < last, !(first && lives.contains { !$0.violations.isEmpty }) else { return }
        let seed = next
        next += 1
        group.addTask { await live(seed) }
      }
      for _ in 0..<jobs { add() }
      while let life = await group.next() {
        lives.append(life)
        add()
      }
    }
    try conclude(lives, start)
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
    try conclude([Life(of: simulation)], start)
  }

  private static func field(_ name: String, of file: String) -> Int {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
  }

  private func live(_ seed: UInt64, isTraced: Bool = false) async -> Life {
    do {
      if shared {
        let simulation = try SharedSimulation(seed: seed, isTraced: isTraced)
        try await simulation.run()
        return Life(of: simulation)
      }
      let simulation = try Simulation(seed: seed, isTraced: isTraced)
      try await simulation.run()
      return Life(of: simulation)
    } catch {
      return Life(seed: seed, violations: ["the simulation itself failed: \(error)"])
    }
  }

  private func conclude(_ lives: [Life], _ start: ContinuousClock.Instant) throws {
    let failures = lives.filter { !$0.violations.isEmpty }.sorted { $0.seed < $1.seed }
    for life in failures.prefix(20) {
      let more = life.violations.count > 1 ? " (and \(life.violations.count - 1) more)" : ""
      print("seed \(life.seed): \(life.violations.first ?? "")\(more)")
    }
    var count = SharedSimulation.Count()
    for life in lives { count += life.count }
    var counts = "\(count.crashes) crashes"
    if shared {
      counts += ", \(count.stops) stops, \(count.pauses) pauses, \(count.partitions) partitions"
      counts += ", \(count.takeovers) takeovers"
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print(
      "\(lives.count) runs, \(failures.count) with violations, \(counts), \(count.requests) requests, "
        + "\(Int(seconds.rounded())) s; replay: script/simulate\(shared ? " --shared" : "") --seed N --trace")
    if !failures.isEmpty { throw ExitCode(2) }
  }
}

/// What is left of a life that was lived.
private struct Life: Sendable {
  var seed: UInt64
  var violations: [String]
  var trace: [String] = []
  var count = SharedSimulation.Count()
}

extension Life {
  init(of simulation: Simulation) {
    self.init(seed: simulation.seed, violations: simulation.violations, trace: simulation.trace)
    count.crashes = simulation.crashes
    count.requests = simulation.requests
  }

  init(of simulation: SharedSimulation) {
    self.init(
      seed: simulation.seed, violations: simulation.violations, trace: simulation.trace, count: simulation.count)
  }
}

import AftercareApp
import AftercareTesting
import AzureSimulator
import Foundation
import RecoveryCore
import SQLiteJournal

/// One failover and its heal, lived through by the real executable, which is killed once on the way and started again.
struct KilledHeal {
  struct Outcome: Sendable {
    /// What the process was about to do or had just done; nil when it was never killed.
    var killed: String?
    /// What is not as it must be.
    var wrong: [String]
  }

  let region: Region
  /// Such as `journal:7:after`.
  let point: String

  /// The start, and the one after the kill.
  private static let mostLives = 2
  /// For a heal that never ends: it takes seconds.
  private static let patience: Duration = .seconds(90)

  static let scenario = """
    name: killed
    timings: {failover: 40, machineVisibleBefore: 15, boot: 5, agent: 10, operation: 15, handlerSettles: 10, handlerLingers: 10}
    rules:
      - /subscriptions/5e000000-0000-4000-8000-000000000001/resourceGroups/rg-monitor/providers/Microsoft.Insights/dataCollectionRules/dcr-windows
    vaults:
      - {name: kv-dr-ukw, subscription: "5e000000-0000-4000-8000-000000000001", resourceGroup: rg-vaults}
    machines:
      - name: erp-web-01
        os: windows
        vault: kv-dr-ukw
        from: {location: uksouth, resourceGroup: rg-erp-uks, subscription: "5e000000-0000-4000-8000-000000000001"}
        to: {location: ukwest, resourceGroup: rg-erp-ukw, subscription: "5e000000-0000-4000-8000-000000000001"}
        extensions: [AzureMonitorAgent]
        associations:
          dcr-windows: /subscriptions/5e000000-0000-4000-8000-000000000001/resourceGroups/rg-monitor/providers/Microsoft.Insights/dataCollectionRules/dcr-windows
    """

  static func live(_ point: String) async throws -> Outcome {
    let (outcomes, outcome) = AsyncStream.makeStream(of: Outcome.self)
    try await Region.with(yaml: scenario, speed: 120) { region in
      outcome.yield(try await KilledHeal(region: region, point: point).live())
    }
    outcome.finish()
    for await outcome in outcomes { return outcome }
    return Outcome(killed: nil, wrong: ["it was not lived"])
  }

  private func live() async throws -> Outcome {
    var lives = 0
    var process = try start(&lives)
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    var isPosted = false
    let deadline = ContinuousClock.now + KilledHeal.patience
    while true {
      if !process.isRunning {
        guard lives < KilledHeal.mostLives else {
          return Outcome(killed: try killed(), wrong: ["it died twice"] + (try lines(lives).suffix(8)))
        }
        process = try start(&lives)
      }
      if !isPosted, await isLearned() {
        try await region.post("failover", #"{"all": true}"#)
        isPosted = true
      }
      // A process that is only starting knows no SIGTERM yet.
      if isPosted, try !told(lives).isEmpty, try await isOver() {
        process.terminate()
        await process.exited()
        // The point may lie on the way down.
        if process.terminationReason == .exit { break }
      }
      guard ContinuousClock.now < deadline else {
        return Outcome(killed: try killed(), wrong: ["it is not healed"] + (try lines(lives).suffix(8)))
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    var wrong = process.terminationStatus == 0 ? [] : ["SIGTERM ended it with \(process.terminationStatus)"]
    let truth = try await region.truth()
    let events = try await journal().events(about: nil, last: 100_000)
    wrong += KilledHeal.untrue(truth) + KilledHeal.unheard(events)
    wrong += KilledHeal.untold(events.map(\.sequence), by: try (1...lives).map { try told($0) })
    // For whoever has to find out: both lives, as they told themselves.
    if !wrong.isEmpty { wrong += try (1...lives).flatMap { try lines($0) }.map { String($0.prefix(250)) } }
    return Outcome(killed: try killed(), wrong: wrong)
  }

  private func start(_ lives: inout Int) throws -> Process {
    lives += 1
    return try ProcessTests.start(
      region, log: "life-\(lives).log", environment: lives == 1 ? ["AFTERCARE_CRASH_AT": point] : [:]
    ) { yaml in
      // There is no Linux machine, and no rule for one.
      let windows = yaml.firstRange(of: "  - name: linux").map { yaml[..<$0.lowerBound] } ?? yaml[...]
      let periods = [
        ("items: 300ms", "items: 100ms"), ("Moving: 200ms", "Moving: 100ms"), ("machine: 10s", "machine: 300ms"),
      ]
      return periods.reduce(String(windows)) { $0.replacing($1.0, with: $1.1) } + "logging: {level: debug}\n"
    }
  }

  // MARK: - The journal

  private func journal() throws -> JournalDatabase {
    try JournalDatabase(directory: region.folder.appending(path: "state").path, access: .readOnly)
  }

  /// Whether the machine was looked at while it was well. A journal that is only being created cannot be read yet.
  private func isLearned() async -> Bool {
    guard let journal = try? journal(), let item = try? await journal.load().items.first else { return false }
    return (try? await journal.baseline(of: item.key)) != nil
  }

  private func isOver() async throws -> Bool {
    guard let journal = try? journal() else { return false }
    guard try await journal.events(about: nil, last: 1000).contains(where: { $0.event.kind == .healHealed }),
      try await journal.undelivered(limit: 1).isEmpty
    else { return false }
    return try await region.truth().machines.contains { $0.role == "live" && $0.sendingSince != nil }
  }

  // MARK: - The log

  private func lines(_ life: Int) throws -> [String] {
    try String(contentsOf: region.folder.appending(path: "life-\(life).log"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  private func killed() throws -> String? {
    try lines(1).last { $0.hasPrefix("killed at ") }.map { String($0.dropFirst("killed at \(point): ".count)) }
  }

  /// The numbers of the events that a life told, in its order.
  private func told(_ life: Int) throws -> [Int64] {
    try lines(life).compactMap { line in
      line.firstRange(of: " sequence=").flatMap { Int64(line[$0.upperBound...].prefix { $0.isNumber }) }
    }
  }
}

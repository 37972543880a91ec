import AftercareApp
import AftercareTesting
import Foundation
import PostgresJournal
import RecoveryCore
import Reporting

/// A database of its own and a region, for daemons that share its vaults.
struct Cluster: Sendable {
  let region: Region
  let server: DatabaseServer
  let lease: Duration

  static func with(
    vaults: Int, machines: Int, lease: Duration, _ body: @escaping @Sendable (Cluster) async throws -> Void
  ) async throws {
    let server = try await DatabaseServer.start()
    defer { server.close() }
    try await Region.with(yaml: scenario(vaults: vaults, machines: machines), speed: 60) { region in
      try await body(Cluster(region: region, server: server, lease: lease))
    }
  }

  /// Each vault with machines of its own.
  private static func scenario(vaults: Int, machines: Int) -> String {
    let subscription = "5e000000-0000-4000-8000-000000000001"
    let rules =
      "/subscriptions/\(subscription)/resourceGroups/rg-monitor/providers/Microsoft.Insights/dataCollectionRules"
    let rule = "\(rules)/dcr-windows"
    let numbers = 1...vaults
    return """
      name: shared
      rules: [\(rule), \(rules)/dcr-linux]
      vaults:
      \(numbers.map { "  - {name: kv-\($0), subscription: \"\(subscription)\", resourceGroup: rg-vaults}" }
        .joined(separator: "\n"))
      machines:
      \(numbers.map { vault in
        """
          - name: "erp-\(vault)-##"
            count: \(machines)
            os: windows
            vault: kv-\(vault)
            from: {location: uksouth, resourceGroup: rg-uks-\(vault), subscription: "\(subscription)"}
            to: {location: ukwest, resourceGroup: rg-ukw-\(vault), subscription: "\(subscription)"}
            extensions: [AzureMonitorAgent]
            associations: {dcr-windows: \(rule)}
        """
      }.joined(separator: "\n"))

      """
  }

  func edit(_ yaml: String) -> String {
    yaml.replacing("state: ./state", with: "journal: {url: \"\(server.url)\", lease: \(lease.brief)}")
      + "logging: {level: debug}\n"
  }

  func start(_ name: String) throws -> Process { try ProcessTests.start(region, log: "\(name).log", edit) }

  func journal() throws -> any Journal {
    try Assembly(configuration: try region.configuration(edit)).journalForReading()
  }

  /// As `aftercare status` has it; nil while the database does not answer.
  func status() async -> StatusReport? { try? await StatusReport(configuration: region.configuration(edit)) }

  struct GaveUp: Error, CustomStringConvertible {
    let description: String
  }

  /// Long enough for a wave that loses every lease once.
  private static let patience: Duration = .seconds(120)

  func until(_ isSo: (StatusReport) -> Bool) async throws {
    let end = ContinuousClock.now + Cluster.patience
    var last: StatusReport?
    while ContinuousClock.now < end {
      last = await status()
      if let last, isSo(last) { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw GaveUp(
      description: "after \(Cluster.patience.brief): \(last?.counts ?? [:]), \(last?.instances ?? [])")
  }

  /// Until the region was asked for so many changes.
  func untilWritten(_ count: Int) async throws {
    while try await region.truth().machines.reduce(0, { $0 + $1.writes }) < count {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func picture() async throws -> LeasePicture {
    try await PostgresDatabase(.init(url: server.url, leaseSpan: lease), access: .readOnly).leases.picture()
  }

  func databaseNow() async throws -> Timestamp { try await picture().at }

  /// Those that a process looks after.
  func vaults(of process: Process) async throws -> [ResourceID] {
    try await picture().leases.filter { lease in
      lease.isHeld && lease.holder?.text.contains("-\(process.processIdentifier)-") ?? false
    }.map(\.vault)
  }

  // MARK: - Judging

  /// From each time that a vault was left by an instance until another had it.
  static func waits(in events: [RecordedEvent]) -> [Duration] {
    var left: [ResourceID: Timestamp] = [:]
    var waits: [Duration] = []
    for event in events.map(\.event) {
      guard let vault = event.vault else { continue }
      if event.kind == .vaultLeft { left[vault] = event.at }
      if event.kind == .vaultTaken, let since = left.removeValue(forKey: vault) { waits.append(event.at - since) }
    }
    return waits
  }

  /// What Azure should not have come to, and what the story should not say: a number that is missing, or something that
  /// happens once to an item and is told twice, or never.
  func untrue(_ events: [RecordedEvent]) async throws -> [String] {
    var wrong = KilledHeal.untrue(try await region.truth())
    if events.map(\.sequence) != events.indices.map({ Int64($0 + 1) }) { wrong.append("numbers are missing") }
    let items = Set(events.compactMap(\.event.item))
    for kind in [EventKind.itemAdded, .failoverCompleted, .healStarted, .healHealed] {
      let counts = Dictionary(grouping: events.filter { $0.event.kind == kind }) { $0.event.item }
        .mapValues(\.count)
      for item in items where counts[item] != 1 { wrong.append("\(item): \(kind.rawValue) \(counts[item] ?? 0) times") }
    }
    for kind in [EventKind.healParked, .healAgain, .stepFailed, .legUnexplained]
    where events.contains(where: { $0.event.kind == kind }) {
      wrong.append("\(kind.rawValue) is recorded")
    }
    return wrong
  }

  /// Events that no instance's log has.
  func untold(_ events: [RecordedEvent]) throws -> [Int64] {
    var told: Set<Int64> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: region.folder.path) where file.hasSuffix(".log") {
      for line in try lines(of: file) {
        guard let mark = line.range(of: "sequence=") else { continue }
        if let number = Int64(line[mark.upperBound...].prefix { $0.isNumber }) { told.insert(number) }
      }
    }
    return events.map(\.sequence).filter { !told.contains($0) }
  }

  func lines(of log: String, where isWanted: (Substring) -> Bool = { _ in true }) throws -> [Substring] {
    try String(contentsOf: region.folder.appending(path: log), encoding: .utf8).split(separator: "\n").filter(isWanted)
  }
}

import AftercareApp
import AzureSimulator
import FoundationEssentials
import RecoveryCore

/// The demonstration's two sides in one process: the simulator behind its server, and the watch that talks to it.
struct EmbeddedDemo {
  let seconds: Int
  /// Nothing is said on the way: the answer at the end is all.
  let isQuiet: Bool
  /// Where the journal and the configuration stay; nil when nothing is to stay.
  let keep: String?
  /// The port of the status page.
  let port: Int
  /// The status page stays until the process is interrupted.
  let lingers: Bool
  /// Machines of the scenario that fail over and must end well.
  static let expected = 25

  func run() async throws -> [TruthVerdict] {
    let scenario = try Scenario(
      checking: String(decoding: PackageResources.region_failover_yaml, as: UTF8.self), file: "region-failover.yaml")
    let azure = SimulatedAzure(scenario, clock: SimulationClock(speed: scenario.speed))
    let server = SimulatorServer(azure, logger: .quiet)
    let state =
      keep.map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "aftercare-demo-\(UUID().uuidString)")
    defer { if keep == nil { try? FileManager.default.removeItem(at: state) } }
    let (endpoints, bound) = AsyncStream.makeStream(of: String.self)
    return try await withThrowingTaskGroup(of: [TruthVerdict]?.self) { group in
      group.addTask {
        try await server.run { bound.yield($0) }
        return nil
      }
      group.addTask {
        for await endpoint in endpoints { return try await watch(endpoint, scenario, state.path) }
        return []
      }
      var verdicts: [TruthVerdict]?
      while verdicts == nil, let next = try await group.next() { verdicts = next }
      group.cancelAll()
      return verdicts ?? []
    }
  }

  private func watch(_ endpoint: String, _ scenario: Scenario, _ state: String) async throws -> [TruthVerdict] {
    let yaml = EmbeddedDemo.configuration(endpoint, scenario, state, port: port)
    let configuration = try ConfigurationFile.parse(yaml, file: "demo.yaml")
    if let keep {
      try FileManager.default.createDirectory(
        atPath: keep, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try yaml.write(toFile: "\(keep)/demo.yaml", atomically: true, encoding: .utf8)
    }
    let line = EventLine(start: SystemNow.timestamp)
    let isQuiet = isQuiet
    if !isQuiet {
      LineOutput.standardOutput.write(
        "Azure is simulated at \(endpoint), \(Int(scenario.speed)) times as fast as the real one; its truth is at \(endpoint)/_simulator/truth\n"
          + "The status page is at http://127.0.0.1:\(port)/\n"
      )
    }
    return try await Demonstration(configuration: configuration, endpoint: endpoint).run(
      within: .seconds(seconds), expecting: EmbeddedDemo.expected, lingering: lingers
    ) { event in
      if !isQuiet, event.level > .debug { LineOutput.standardOutput.write(line.text(event)) }
    }
  }

  /// The configuration of the demonstration: production's periods divided by the speed of the simulated clock.
  static func configuration(_ endpoint: String, _ scenario: Scenario, _ state: String, port: Int) -> String {
    let rules = scenario.rules.map { rule in (name: rule.split(separator: "/").last.map(String.init) ?? "", id: rule) }
    func association(_ name: String) -> String {
      rules.first { $0.name == name }.map { "      - {name: \(name), rule: \"\($0.id)\"}" } ?? ""
    }
    let workspace = "6f0c0000-0000-4000-8000-000000000001"
    return """
      cloud: simulator
      endpoint: \(endpoint)
      identity: {kind: managedIdentity, imdsEndpoint: "\(endpoint)"}
      state: \(state)
      vaults: [\(scenario.vaultIDs.map { "\"\($0)\"" }.joined(separator: ", "))]
      listener: {port: \(port)}
      watch: {items: 1s, itemsMoving: 500ms, machineMoving: 500ms, machine: 15s, baseline: 6m, data: 1s}
      failover: {confirmAfter: 500ms, readyWithin: 45s}
      grace: {suspect: 10s, looks: 3, verify: 15s, data: 30s}
      alerts: {gather: 1s, groupInterval: 5s}
      # Minutes are seconds here, and ARM's budget would be spent at once.
      budget: {reads: 100000, readsPerSecond: 10000, writes: 100000, writesPerSecond: 10000,
        deletes: 100000, deletesPerSecond: 10000}
      heal:
        backOff: {first: 250ms, most: 10s}
        settle: 250ms
        poll: {first: 100ms, most: 400ms}
        passingWithin: 2m
      profiles:
        - name: windows
          match: {os: windows, tags: {monitoring: standard}}
          identity: {systemAssigned: true}
          extensions: [{use: AzureMonitorAgent}]
          associations:
      \(association("dcr-windows"))
          data: {workspace: \(workspace), tables: [Heartbeat]}
        - name: linux
          match: {os: linux, tags: {monitoring: standard}}
          identity: {systemAssigned: true}
          extensions: [{use: AzureMonitorAgent, version: "1.2"}]
          associations:
      \(association("dcr-linux"))
          data: {workspace: \(workspace), tables: [Heartbeat]}
        - name: dependencies
          match: {resourceGroups: [rg-erp-ukw], tags: {role: mapped}}
          extensions: [{use: DependencyAgent}]
        - name: contoso
          match: {tags: {watcher: contoso}}
          extensions: [{publisher: Contoso.Monitoring, type: ContosoWatcher, version: "1.0", after: []}]
        - name: shop
          match: {tags: {tier: shop}}
          associations:
      \(association("dcr-shop"))
        - name: shop-dependencies
          match: {tags: {tier: shop, role: mapped}}
          extensions: [{use: DependencyAgent}]

      """
  }
}

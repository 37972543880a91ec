import AftercareApp
import AftercareTesting
import AzureSimulator
import CurlTransport
import Foundation
import HTTPTypes
import Logging
import RecoveryCore
import WatchEngine

/// A simulated Azure behind its real server, with a watch's configuration for it. Both end with the test.
struct Region: Sendable {
  let azure: SimulatedAzure
  let scenario: Scenario
  private let clock: SimulationClock
  private let speed: Double
  var endpoint: String
  let folder: URL

  /// Machines of one scenario: `body` gets the region once the server listens.
  /// - Parameter waits: time stands still until `begin`.
  static func with(
    _ file: String = "plain", speed: Double = 120, waits: Bool = false,
    _ body: @escaping @Sendable (Region) async throws -> Void
  ) async throws {
    let url = root.appending(path: "config/scenarios/\(file).yaml")
    try await with(yaml: try String(contentsOf: url, encoding: .utf8), speed: speed, waits: waits, body)
  }

  static func with(
    yaml: String, speed: Double = 120, waits: Bool = false, _ body: @escaping @Sendable (Region) async throws -> Void
  ) async throws {
    let scenario = try Scenario(checking: yaml, file: "scenario.yaml")
    try await places.with { try await live(scenario, speed, waits, body) }
  }

  /// Each runs its clock a hundred times as fast as Azure's, so that a machine with too many of them would live through an
  /// hour between two looks.
  private static let places = Places(4)

  private static func live(
    _ scenario: Scenario, _ speed: Double, _ waits: Bool, _ body: @escaping @Sendable (Region) async throws -> Void
  ) async throws {
    let clock = waits ? SimulationClock(manual: Date()) : SimulationClock(speed: speed)
    let azure = SimulatedAzure(scenario, clock: clock)
    let folder = FileManager.default.temporaryDirectory.appending(path: "aftercare-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (endpoints, bound) = AsyncStream.makeStream(of: String.self)
    var logger = Logger(label: "simulator")
    logger.logLevel = .critical
    let server = SimulatorServer(azure, logger: logger)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await server.run { bound.yield($0) }
        return false
      }
      group.addTask {
        for await endpoint in endpoints {
          try await body(
            Region(
              azure: azure, scenario: scenario, clock: clock, speed: speed, endpoint: endpoint, folder: folder))
          return true
        }
        return true
      }
      while let isBody = try await group.next(), !isBody {}
      group.cancelAll()
    }
  }

  /// Lets the scenario's time run.
  func begin() { clock.run(speed: speed) }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The items of the plain scenario.
  let names = ["erp-web-01", "erp-web-02", "erp-web-03", "erp-app-01", "erp-app-02", "erp-app-03"]

  func yaml(_ edit: (String) -> String = { $0 }) -> String {
    let rules = scenario.rules
    func rule(_ name: String) -> String { rules.first { $0.hasSuffix(name) } ?? "" }
    return edit(
      """
      cloud: simulator
      endpoint: \(endpoint)
      identity: {kind: token, token: \(scenario.token)}
      state: ./state
      vaults: [\(scenario.vaultIDs.map { "\"\($0)\"" }.joined(separator: ", "))]
      watch: {items: 300ms, itemsMoving: 200ms, machineMoving: 200ms, machine: 10s, baseline: 6m}
      failover: {confirmAfter: 200ms, readyWithin: 45s}
      grace: {suspect: 2s, looks: 3, verify: 15s}
      budget: {reads: 100000, readsPerSecond: 10000, writes: 100000, writesPerSecond: 10000, deletes: 100000, deletesPerSecond: 10000}
      heal:
        backOff: {first: 100ms, most: 2s}
        settle: 300ms
        poll: {first: 50ms, most: 200ms}
        passingWithin: 2m
      profiles:
        - name: windows
          match: {os: windows}
          identity: {systemAssigned: true}
          extensions: [{use: AzureMonitorAgent}]
          associations: [{name: dcr-windows, rule: "\(rule("dcr-windows"))"}]
        - name: linux
          match: {os: linux}
          identity: {systemAssigned: true}
          extensions: [{use: AzureMonitorAgent}, {use: DependencyAgent}]
          associations: [{name: dcr-linux, rule: "\(rule("dcr-linux"))"}]

      """)
  }

  /// Where the daemon and the commands read their configuration.
  var configurationFile: URL { folder.appending(path: "aftercare.yaml") }

  func configure(_ edit: (String) -> String = { $0 }) throws {
    try yaml(edit).write(to: configurationFile, atomically: true, encoding: .utf8)
  }

  func configuration(_ edit: (String) -> String = { $0 }) throws -> Configuration {
    try ConfigurationFile.parse(yaml(edit), file: configurationFile.path, environment: [:])
  }

  @discardableResult
  func post(_ verb: String, _ body: String) async throws -> Int {
    var transport = CurlClient.Configuration()
    transport.allowsPlainHTTP = .loopbackOnly
    let client = try CurlClient(configuration: transport)
    let answer = try await client.send(
      TransferRequest(method: .post, url: "\(endpoint)/_simulator/\(verb)", body: Array(body.utf8)))
    await client.shutdown()
    return answer.status.code
  }

  func truth() async throws -> SimulatorTruth { try await SimulatorTruth.ask(endpoint) }

  /// Runs the watch in this process until `isEnough` says so of an event; returns all events until then.
  /// - Parameter count: so many items are known to the watch before anything is done to them.
  func watch(
    _ edit: (String) -> String = { $0 }, knowing count: Int = 0,
    during act: @escaping @Sendable () async throws -> Void = {},
    until isEnough: @escaping @Sendable (Event) -> Bool
  ) async throws -> [Event] {
    let sink = CollectingSink(isEnough)
    let watch = try await Assembly(configuration: try configuration(edit)).watch(
      sink: sink, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await watch.run() }
      while await watch.fleet.all().count < count { try await Task.sleep(for: .milliseconds(20)) }
      try await act()
      await sink.enough()
      group.cancelAll()
      try await group.waitForAll()
    }
    return await sink.events
  }
}

/// Keeps what is told, and lets a test wait for an event of its choice.
actor CollectingSink: AlertSink {
  private(set) var events: [Event] = []
  private let isEnough: @Sendable (Event) -> Bool
  private let done: AsyncStream<Void>
  private let isDone: AsyncStream<Void>.Continuation

  init(_ isEnough: @escaping @Sendable (Event) -> Bool) {
    self.isEnough = isEnough
    (done, isDone) = AsyncStream.makeStream()
  }

  func deliver(_ recorded: [RecordedEvent]) async throws {
    events += recorded.map(\.event)
    if recorded.reduce(false, { isEnough($1.event) || $0 }) { isDone.finish() }
  }

  /// Returns when enough was told, or when the test is cancelled.
  func enough() async {
    for await _ in done {}
  }
}

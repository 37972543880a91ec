import AlertSinks
import AzureCloud
import CurlTransport
import Foundation
public import Logging
import PostgresJournal
public import RecoveryCore
import ServiceLifecycle
import StatusServer
public import WatchEngine

/// The one place that knows every adapter and wires them from the configuration.
public struct Assembly: Sendable {
  let configuration: Configuration
  private let crash: CrashPoint?

  public init(configuration: Configuration) { self.init(configuration: configuration, crash: nil) }

  init(configuration: Configuration, crash: CrashPoint?) {
    self.configuration = configuration
    self.crash = crash
  }

  public func cloud() throws -> any Cloud { try azure() }

  /// Azure itself, for what is asked of it beside the watch.
  func azure() throws -> AzureCloud {
    var transport = CurlClient.Configuration()
    transport.userAgent = "aftercare/\(Version.text)"
    transport.allowsPlainHTTP = configuration.cloud == .simulator ? .loopbackOnly : .never
    var versions = AzureCloud.Versions()
    versions.siteRecovery = configuration.apiVersions.siteRecovery
    versions.compute = configuration.apiVersions.compute
    versions.monitor = configuration.apiVersions.monitor
    let client = try CurlClient(configuration: transport)
    let cloud = AzureCloud(
      environment, identity: IdentityConfiguration(configuration.identity), imds: configuration.identity.imdsEndpoint,
      versions: versions, budgets: RequestBudget.Limits(configuration.budget),
      exchange: crasher(at: .request).map { CrashingExchange(base: client, crasher: $0) } ?? client,
      environment: configuration.environment)
    cloud.hideProtectedSettings(inFiles: configuration.requirements.protectedSettingsFiles)
    return cloud
  }

  private var environment: CloudEnvironment {
    switch configuration.cloud {
    case .azure: .azure
    case .azureUSGovernment: .azureUSGovernment
    case .azureChina: .azureChina
    case .simulator:
      .simulator(configuration.endpoint ?? "", authorityHost: configuration.identity.authorityHost)
    }
  }

  /// Nil but in a kill test.
  func crasher(at place: CrashPoint.Place) -> Crasher? {
    crash.flatMap { $0.place == place ? Crasher($0) : nil }
  }

  public var decider: Decider { Decider(policy: Policy(configuration), requirements: configuration.requirements) }

  public var settings: EngineSettings {
    var settings = EngineSettings(vaults: configuration.vaults)
    settings.items = configuration.watch.items
    settings.itemsMoving = configuration.watch.itemsMoving
    settings.parallelMachines = configuration.heal.parallelMachines
    settings.pollFirst = configuration.heal.poll.first
    settings.pollMost = configuration.heal.poll.most
    settings.pollFactor = configuration.heal.poll.factor
    settings.keepHistory = configuration.history.keep
    settings.operationWithin = configuration.heal.operationWithin
    settings.alerts = configuration.alerts
    return settings
  }

  /// The status page, metrics and API of a watch; none when nobody is to listen.
  func faces(of watch: any WatchFace, on journal: any Journal, logger: Logger) -> [any Service] {
    guard let listener = configuration.listener else { return [] }
    let metrics = WatchMetrics(of: watch, version: Version.text)
    let source = StatusSource(
      watch: watch, journal: journal, mode: configuration.mode.rawValue, version: Version.text)
    let server = StatusServer(
      source, metrics: metrics,
      at: .init(host: listener.address, port: listener.port, isLoopback: listener.isLoopback), token: listener.token,
      hintToken: listener.hintToken, logger: logger.quiet)
    return [metrics, Face(server, logger: logger)]
  }

  /// The daemon's log.
  var logHandler: LineLogHandler { LineLogHandler(format: logFormat, level: logLevel, output: .standardOutput) }
  var logger: Logger {
    let handler = logHandler
    return Logger(label: "aftercare") { _ in handler }
  }
  var logFormat: LineLogHandler.Format { configuration.logging.format == .json ? .json : .text }
  var logLevel: Logger.Level { Logger.Level(rawValue: configuration.logging.level.rawValue) ?? .info }

  /// The watch on its journal, telling `sink` in the log's place and the configured sinks beside it. `mode` overrides the
  /// configured one for a command that was given by a person.
  public func watch(
    on journal: (any Journal)? = nil, sink: any AlertSink, logger: Logger, mode: Policy.Mode? = nil
  ) async throws -> Watch {
    var decider = decider
    if let mode { decider.policy.mode = mode }
    let journal = try journal ?? self.journal()
    let azure = try azure()
    return try await Watch(
      cloud: azure, journal: journal,
      sinks: [sink] + (try sinks(telling: try await journal.identity(), through: azure)),
      decider: decider,
      settings: settings,
      holder: "\(SystemNow.host):\(ProcessInfo.processInfo.processIdentifier)", logger: logger)
  }

  /// The watch of one instance among those that share a database.
  func watch(
    sharing database: PostgresDatabase, as instance: Instance, sink: any AlertSink, logger: Logger
  ) async throws -> SharedWatch {
    let azure = try azure()
    let sinks = [sink] + (try sinks(telling: try await database.journal.identity(), through: azure))
    let events = EventStream()
    let time = SharedTime()
    let (decider, settings) = (decider, settings)
    return SharedWatch(
      vaults: configuration.vaults, instance: instance, leases: database.leases,
      span: database.leaseSpan, settings: settings, events: events, time: time,
      uptime: AzureCloud.uptime(), logger: logger,
      canRead: { vault in
        var pages = azure.asking(with: .idle).itemPages(of: vault)
        return (try? await pages.next()) != nil
      }
    ) { vault, tenure in
      var settings = settings
      settings.vaults = [vault]
      return try await Watch(
        cloud: azure.acting(while: tenure), journal: crashing(database.journal(of: vault)), sinks: sinks,
        decider: decider, settings: settings, holder: instance.id.text, instance: instance, events: events, time: time,
        logger: logger)
    }
  }
}

extension IdentityConfiguration {
  init(_ identity: Configuration.Identity) {
    switch identity.kind {
    case .automatic: self = .automatic
    case .token: self = .token(identity.token ?? "")
    case .workloadIdentity:
      self = .workloadIdentity(tenant: identity.tenantID, client: identity.clientID, tokenFile: identity.tokenFile)
    case .clientSecret:
      self = .clientSecret(
        tenant: identity.tenantID ?? "", client: identity.clientID ?? "", secret: identity.clientSecret ?? "")
    case .managedIdentity:
      self = .managedIdentity(
        identity.clientID.map { .clientID($0) } ?? identity.objectID.map { .objectID($0) }
          ?? identity.resourceID.map { .resourceID($0) })
    }
  }
}

extension RequestBudget.Limits {
  init(_ budget: Configuration.Budget) {
    self.init()
    reads = RequestBudget.Limit(burst: budget.reads, perSecond: budget.readsPerSecond)
    writes = RequestBudget.Limit(burst: budget.writes, perSecond: budget.writesPerSecond)
    deletes = RequestBudget.Limit(burst: budget.deletes, perSecond: budget.deletesPerSecond)
  }
}

extension Policy {
  /// The part of the configuration that decisions depend on.
  init(_ configuration: Configuration) {
    self.init()
    mode = Policy.Mode(rawValue: configuration.mode.rawValue) ?? .observe
    machineMoving = configuration.watch.machineMoving
    machine = configuration.watch.machine
    baseline = configuration.watch.baseline
    testFailover = configuration.testFailover.policy
    testFailoverRule = configuration.testFailover.rule
    data = configuration.watch.data
    dataWithin = configuration.grace.data
    forgetAfter = configuration.baseline.forgetAfter
    confirmAfter = configuration.failover.confirmAfter
    readyWithin = configuration.failover.readyWithin
    suspectGrace = configuration.grace.suspect
    suspectLooks = configuration.grace.looks
    verifyWithin = configuration.grace.verify
    attempts = configuration.heal.attempts
    rounds = configuration.heal.rounds
    backOff.first = configuration.heal.backOff.first
    backOff.factor = configuration.heal.backOff.factor
    backOff.most = configuration.heal.backOff.most
    backOff.jitter = configuration.heal.backOff.jitter
    passingWithin = configuration.heal.passingWithin
    settle = configuration.heal.settle
    brakes = configuration.brakes
  }
}

extension Logger {
  /// For libraries that say more than anybody wants to read.
  var quiet: Logger {
    var quiet = self
    quiet.logLevel = .error
    return quiet
  }
}

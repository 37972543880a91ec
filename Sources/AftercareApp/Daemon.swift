import FoundationEssentials
import Glibc
import Logging
import PostgresJournal
import RecoveryCore
import ServiceLifecycle
import WatchEngine

/// The unattended watch, wired from its configuration.
public struct Daemon: Sendable {
  let configuration: Configuration
  private let load: @Sendable () throws -> Configuration

  /// - Parameter load: reads the configuration anew, on SIGHUP.
  public init(configuration: Configuration, reloading load: (@Sendable () throws -> Configuration)? = nil) {
    self.configuration = configuration
    self.load = load ?? { configuration }
  }

  /// Watches until SIGTERM or SIGINT. SIGHUP reads the configuration again.
  public func run() async throws {
    let signals = await HostSignals()
    // A core file would hold tokens and protected settings.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    let environment = ProcessInfo.processInfo.environment
    let crash = try CrashPoint(environment)
    let manager = ServiceManager(environment)
    let assembly = Assembly(configuration: configuration, crash: crash)
    async let _ = signals.listen(telling: manager, logger: assembly.logger)
    let journal = try assembly.journalPlace()
    // One name for the whole life of the process.
    let instance = Assembly.instance()
    var next: Configuration? = configuration
    while let configuration = next, !signals.asksToEnd {
      next = try await watch(
        configuration, on: journal, as: instance, crash: crash, signals: signals, manager: manager)
      if next != nil { manager.reloading() }
    }
  }

  /// Returns the configuration to go on with; nil at the end.
  private func watch(
    _ configuration: Configuration, on place: JournalPlace, as instance: Instance, crash: CrashPoint?,
    signals: HostSignals, manager: ServiceManager
  ) async throws -> Configuration? {
    let assembly = Assembly(configuration: configuration, crash: crash)
    let (sink, logger) = (LogSink(assembly.logHandler), assembly.logger)
    if let crash { logger.warning("this process kills itself", metadata: ["at": "\(crash)"]) }
    let watch: any WatchFace & Service
    let journal: any Journal
    switch place {
    case .file(let file):
      journal = file
      watch = try await assembly.watch(on: file, sink: sink, logger: logger)
    case .database(let database):
      journal = database.journal
      watch = try await assembly.watch(sharing: database, as: instance, sink: sink, logger: logger)
    }
    let accepted = HostRequests.Accepted()
    let requests = HostRequests(signals: signals, current: configuration, load: load, watch: watch, accepted: accepted)
    // No signals of its own: between two groups nobody would hear them.
    var services = ServiceGroupConfiguration(
      services: [.init(service: watch, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger.quiet)
    let faces = assembly.faces(of: watch, on: journal, logger: logger) + [manager.pulse(of: watch)].compactMap { $0 }
    services.services += faces.map { .init(service: $0) }
    services.services.append(.init(service: requests, successTerminationBehavior: .gracefullyShutdownGroup))
    services.services.append(.init(service: JournalInspection(journal: journal, watch: watch)))
    // Whatever does not stop by itself is cancelled: two seconds are all that a service manager may have to wait.
    services.maximumGracefulShutdownDuration = .milliseconds(1500)
    manager.ready("watching \(configuration.vaults.count) vaults")
    try await ServiceGroup(configuration: services).run()
    return accepted.take()
  }
}

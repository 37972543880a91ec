import FoundationEssentials
import Glibc
import Logging
public import RecoveryCore
import ServiceLifecycle
import UnixSignals
public import WatchEngine

/// The unattended watch, wired from its configuration.
public struct Daemon: Sendable {
  private let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  /// Watches until SIGTERM or SIGINT.
  public func run() async throws {
    // A core file would hold tokens and protected settings.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    let crash = try CrashPoint(ProcessInfo.processInfo.environment)
    let assembly = Assembly(configuration: configuration, crash: crash)
    let handler = LineLogHandler(
      format: assembly.logFormat, level: assembly.logLevel, output: .standardOutput)
    var logger = Logger(label: "aftercare") { _ in handler }
    logger.logLevel = assembly.logLevel
    if let crash { logger.warning("this process kills itself", metadata: ["at": "\(crash)"]) }
    let journal = try assembly.journal()
    let watch = try await assembly.watch(on: journal, sink: LogSink(handler), logger: logger)
    var services = ServiceGroupConfiguration(
      services: [.init(service: watch, successTerminationBehavior: .gracefullyShutdownGroup)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quiet)
    services.services += assembly.faces(of: watch, on: journal, logger: logger).map { .init(service: $0) }
    // Whatever does not stop by itself is cancelled: two seconds are all that a service manager may have to wait.
    services.maximumGracefulShutdownDuration = .milliseconds(1500)
    try await ServiceGroup(configuration: services).run()
  }

  /// Heals one machine and tells of every event on the way.
  public func heal(
    _ machine: ResourceID, within deadline: Duration, telling tell: @escaping @Sendable (RecordedEvent) -> Void
  ) async throws -> Watch.HealResult {
    let assembly = Assembly(configuration: configuration)
    let handler = LineLogHandler(format: assembly.logFormat, level: .error, output: .standardError)
    let watch = try await assembly.watch(
      sink: ListenerSink(), logger: Logger(label: "aftercare") { _ in handler }, mode: .heal)
    let events = await watch.events.listen()
    async let told: Void = {
      for await event in events { tell(event) }
    }()
    do {
      let result = try await watch.heal(machine, within: deadline)
      try await watch.flush()
      await told
      return result
    } catch {
      try? await watch.flush()
      await told
      throw error
    }
  }
}

/// Where the command that asked is itself the listener: what it was shown counts as delivered.
private struct ListenerSink: AlertSink {
  func deliver(_ events: [RecordedEvent]) async throws {}
}

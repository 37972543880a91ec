import Logging
public import RecoveryCore

/// The log as a sink of the outbox: one line an event, a constant message plus keys.
public struct LogSink: AlertSink {
  private let handler: LineLogHandler

  public init(_ handler: LineLogHandler) { self.handler = handler }

  public func deliver(_ events: [RecordedEvent]) async throws {
    for recorded in events {
      let event = recorded.event
      let level = Logger.Level(event.level)
      guard level >= handler.logLevel else { continue }
      handler.write(level, event.message, at: event.at, LogSink.fields(of: recorded))
    }
  }

  /// An event as a line of another sink, as it is in the log.
  static func line(_ format: LineLogHandler.Format) -> @Sendable (RecordedEvent) -> String {
    { recorded in
      let event = recorded.event
      return LineLogHandler.line(
        format, Logger.Level(event.level), event.message, event.at, LogSink.fields(of: recorded))
    }
  }

  /// The keys of an event in logs and JSON: stable, listed in docs/events.md.
  static func fields(of recorded: RecordedEvent) -> Logger.Metadata {
    let event = recorded.event
    var fields: Logger.Metadata = ["event": "\(event.kind.rawValue)", "sequence": "\(recorded.sequence)"]
    if let name = event.itemName { fields["item"] = "\(name)" }
    if let machine = event.machine { fields["machine"] = "\(machine)" }
    if let vault = event.vault { fields["vault"] = "\(vault.name)" }
    if let heal = event.heal { fields["heal"] = "\(heal)" }
    for (key, value) in event.fields { fields[key] = "\(value)" }
    return fields
  }
}

extension Logger.Level {
  init(_ level: Event.Level) {
    switch level {
    case .debug: self = .debug
    case .info: self = .info
    case .notice: self = .notice
    case .warning: self = .warning
    case .error: self = .error
    }
  }
}

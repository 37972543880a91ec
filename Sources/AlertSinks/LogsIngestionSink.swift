public import RecoveryCore

/// The account as rows of a table in Log Analytics; docs/alerting.md declares its columns.
public struct LogsIngestionSink: AlertSink {
  /// Returns once all rows were accepted; without rows, once Azure has said that it would accept some.
  public typealias Send = @Sendable ([JSONValue]) async throws(Fault) -> Void

  public let name: String
  public let filter: EventFilter
  /// Rows arrive in minutes anyway, and calls are counted.
  public var pace: Duration { .seconds(5) }
  private let journal: String
  private let send: Send

  public init(name: String, filter: EventFilter, journal: String, send: @escaping Send) {
    self.name = name
    self.filter = filter
    self.journal = journal
    self.send = send
  }

  public func probe() async throws { try await send(rows: []) }

  public func deliver(_ events: [RecordedEvent]) async throws { try await send(rows: events.map(row)) }

  private func send(rows: [JSONValue]) async throws {
    do throws(Fault) {
      try await send(rows)
    } catch {
      if error.kind == .stopped { throw CancellationError() }
      throw SinkError(
        LogsIngestionSink.isRefusal(error) ? .refused : .unavailable, "\(error)",
        remedy: LogsIngestionSink.remedy(for: error), retryAfter: error.retryAfter)
    }
  }

  private func row(_ recorded: RecordedEvent) -> JSONValue {
    let event = recorded.event
    var row: [String: JSONValue] = [
      "TimeGenerated": .string(event.at.iso8601), "EventId": .string(recorded.deliveryID(in: journal)),
      "Sequence": .integer(recorded.sequence), "Event": .string(event.kind.rawValue),
      "Level": .string(event.level.rawValue), "Message": .string(event.message),
    ]
    let names = [
      "Item": event.itemName, "Machine": event.machine?.text, "Vault": event.vault?.text, "Heal": event.heal,
      "Failover": event.failover,
    ]
    for (column, value) in names { row[column] = value.map { .string($0) } }
    // A value of more than 64 KB would be cut by Azure, and be no JSON any more.
    row["Fields"] = .object(event.fields.mapValues { .string($0.cut(to: 2000)) })
    return .object(row)
  }

  private static func isRefusal(_ fault: Fault) -> Bool {
    [.forbidden, .notFound, .invalid, .untrusted].contains(fault.kind)
  }

  private static func remedy(for fault: Fault) -> String {
    switch fault.kind {
    case .forbidden:
      "Grant the identity Monitoring Metrics Publisher on the data collection rule; it may take 30 minutes to work."
    case .notFound: "Check the rule's immutable id, the stream, and that the endpoint belongs to the rule."
    case .invalid: "Compare the stream's columns in the data collection rule with docs/alerting.md."
    default: fault.remedy
    }
  }
}

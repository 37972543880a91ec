import AlertSinks
import AzureCloud
import CurlTransport
import RecoveryCore

extension Assembly {
  /// The sinks beside the log.
  /// - Parameter identity: of the journal whose events they are told.
  func sinks(telling identity: String, through azure: AzureCloud) throws -> [any AlertSink] {
    guard !configuration.sinks.isEmpty else { return [] }
    var transport = CurlClient.Configuration()
    transport.userAgent = "aftercare/\(Version.text)"
    transport.allowsPlainHTTP = .loopbackOnly
    let client = try CurlClient(configuration: transport)
    return configuration.sinks.map { sink in
      switch sink.target {
      case .webhook(let webhook):
        WebhookSink(
          name: sink.name, filter: sink.filter, format: WebhookSink.Format(webhook.format), url: webhook.url,
          headers: webhook.headers, journal: identity, client: client)
      case .file(let file):
        FileSink(
          name: sink.name, filter: sink.filter, path: file.path, rotateAt: file.rotateAt, keep: file.keep,
          gzip: file.gzip, line: LogSink.line(file.format == .json ? .json : .text))
      case .logsIngestion(let table):
        LogsIngestionSink(name: sink.name, filter: sink.filter, journal: identity) {
          [ingestion = azure.logsIngestion(at: table.endpoint, rule: table.rule, stream: table.stream)]
          (rows) async throws(Fault) in try await ingestion.send(rows)
        }
      }
    }
  }
}

extension WebhookSink.Format {
  init(_ format: Configuration.Sink.WebhookFormat) {
    self =
      switch format {
      case .events: .events
      case .teams: .teams
      case .slack: .slack
      }
  }
}

import CurlTransport
import HTTPTypes
import JSONReading
import RecoveryCore

/// Log Analytics queries. Source: Azure Monitor Log Analytics API, `POST /v1/workspaces/{id}/query`.
struct LogQuery: Sendable {
  let client: ARMClient

  /// How far back the last row of the machine left behind is looked for.
  private static let lookBack: Duration = .seconds(86_400)

  /// When the first and the last row of a machine were generated, and the last one before that time of the machine that
  /// it took over from; nil when it has none since that time.
  func span(
    of machine: ResourceID, after former: ResourceID?, in source: DataSource, since: Timestamp
  ) async throws(Fault) -> DataSpan? {
    // `_ResourceId` is lower-cased in the data: rows of the old machine are told from those of the new one by it.
    var rows = "(\(LogQuery.rows(of: machine)) and TimeGenerated > datetime(\(since.iso8601)))"
    if let former, former != machine {
      let from = since - LogQuery.lookBack
      rows +=
        " or (\(LogQuery.rows(of: former)) and TimeGenerated > datetime(\(from.iso8601))"
        + " and TimeGenerated <= datetime(\(since.iso8601)))"
    }
    let query =
      "\(source.table) | where \(rows) | summarize min(TimeGenerated), max(TimeGenerated) by _ResourceId"
    let url = "\(client.environment.endpoint)/v1/workspaces/\(TokenRequest.escaped(source.workspace))/query"
    let answer = try await client.send(.post, url, body: .object(["query": .string(query)]))
    let document = try client.decode(answer, from: url)
    if document["error"] != nil {
      // A partial answer comes as a success with an error beside it.
      let envelope = ErrorEnvelope(document, status: answer.status.code, hiding: client.secrets)
      throw Fault(
        .unavailable, code: envelope.code, message: envelope.message, resource: ARMClient.resource(of: url),
        status: answer.status.code, correlationID: answer.correlationID)
    }
    guard let table = document["tables"]?.elements.first, let spans = LogQuery.spans(of: table) else {
      throw .unintelligible("the query's answer has no table", resource: ARMClient.resource(of: url), answer: answer)
    }
    guard let found = spans[machine.key] else { return nil }
    return DataSpan(
      first: found.first, last: found.last, lastBefore: former.flatMap { $0 == machine ? nil : spans[$0.key]?.last })
  }

  /// By resource id in lower case. Rows without times are none. Nil when the columns are not those that were asked for.
  private static func spans(of table: JSONDocument) -> [String: (first: Timestamp, last: Timestamp)]? {
    let names = table["columns"]?.elements.map { $0.text("name") } ?? []
    guard let id = names.firstIndex(of: "_ResourceId"), let first = names.firstIndex(of: "min_TimeGenerated"),
      let last = names.firstIndex(of: "max_TimeGenerated"), let rows = table["rows"]?.elements
    else { return nil }
    var spans: [String: (Timestamp, Timestamp)] = [:]
    for row in rows.map({ Array($0.elements) }) where row.count == names.count {
      guard let id = row[id].text, let first = row[first].text.flatMap({ Timestamp(iso8601: $0) }),
        let last = row[last].text.flatMap({ Timestamp(iso8601: $0) }), !first.isSentinel
      else { continue }
      spans[id.lowercased()] = (first, last)
    }
    return spans
  }

  private static func rows(of machine: ResourceID) -> String {
    "_ResourceId =~ '\(machine.key.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
  }
}

import CurlTransport
import HTTPTypes
import RecoveryCore

/// Log Analytics queries. Source: Azure Monitor Log Analytics API, `POST /v1/workspaces/{id}/query`.
struct LogQuery: Sendable {
  let client: ARMClient

  /// When the first and the last row of a machine were generated; nil when there is none since that time.
  func span(of machine: ResourceID, in source: DataSource, since: Timestamp) async throws(Fault) -> DataSpan? {
    // `_ResourceId` is lower-cased in the data and is that of the new machine: rows of the old one do not count.
    let query =
      "\(source.table) | where _ResourceId =~ '\(LogQuery.escaped(machine.key))'"
      + " | where TimeGenerated > datetime(\(since.iso8601)) | summarize min(TimeGenerated), max(TimeGenerated)"
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
    guard let table = document["tables"]?.elements.first, let row = table["rows"]?.elements.first?.elements else {
      throw .unintelligible("the query's answer has no table", resource: ARMClient.resource(of: url), answer: answer)
    }
    let times = row.map { $0.text.flatMap { Timestamp(iso8601: $0) } }
    guard times.count == 2, let first = times[0], let last = times[1], !first.isSentinel else { return nil }
    return DataSpan(first: first, last: last)
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
  }
}

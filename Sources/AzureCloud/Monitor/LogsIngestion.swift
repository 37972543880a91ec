import CurlTransport
import FoundationEssentials
import HTTPTypes
public import RecoveryCore

/// Rows for a stream of a data collection rule.
/// Source: Azure Monitor, Logs Ingestion API, `POST /dataCollectionRules/{rule}/streams/{stream}`.
public struct LogsIngestion: Sendable {
  private let client: ARMClient
  private let url: String

  static let version = "2023-01-01"
  /// Of one call, before compression: the documented limit is 1 MB and holds for both sizes.
  static let mostBytes = 1_000_000

  init(client: ARMClient, rule: String, stream: String) {
    var client = client
    client.compressesBodies = true
    self.client = client
    let path = "/dataCollectionRules/\(TokenRequest.escaped(rule))/streams/\(TokenRequest.escaped(stream))"
    url = client.url(path, version: LogsIngestion.version)
  }

  /// Returns once Azure has accepted all rows; a query finds them minutes later. When it throws, some may have been
  /// accepted: a row must carry what tells it from its repetition.
  ///
  /// No rows are a question: whether the rule and its stream are there, and take something from this identity. Whether
  /// Azure accepts an empty batch or finds fault with it is not documented; both come after it has let us in.
  public func send(_ rows: [JSONValue]) async throws(Fault) {
    guard !rows.isEmpty else {
      do throws(Fault) {
        return try await post([])
      } catch {
        guard error.status == 400, error.code != "InvalidStream" else { throw error }
        return
      }
    }
    for batch in LogsIngestion.batches(of: rows) { try await post(batch) }
  }

  private func post(_ rows: ArraySlice<JSONValue>) async throws(Fault) {
    do throws(Fault) {
      let answer = try await client.send(.post, url, body: .array(Array(rows)))
      // Accepted is told without a word: a proxy's page, say, is no such thing.
      guard answer.status.code == 204 else {
        throw .unintelligible(
          "HTTP 204 was expected, and \(answer.status.code) came", resource: ARMClient.resource(of: url),
          answer: answer)
      }
    } catch {
      guard error.status == 413, rows.count > 1 else { throw error }
      let middle = rows.startIndex + rows.count / 2
      try await post(rows[..<middle])
      try await post(rows[middle...])
    }
  }

  static func batches(of rows: [JSONValue]) -> [ArraySlice<JSONValue>] {
    var batches: [ArraySlice<JSONValue>] = []
    var (start, size) = (0, 2)
    for (index, row) in rows.enumerated() {
      // With the comma.
      let bytes = ((try? JSONEncoder().encode(row).count) ?? 0) + 1
      if size + bytes > mostBytes, index > start {
        batches.append(rows[start..<index])
        (start, size) = (index, 2)
      }
      size += bytes
    }
    if start < rows.count { batches.append(rows[start...]) }
    return batches
  }
}

import FoundationEssentials

/// Logs Ingestion: `POST /dataCollectionRules/{immutable id}/streams/{stream}`.
extension SimulatedAzure {
  /// For the body as it travels and for what it inflates to.
  private static let mostBytes = 1 << 20
  private static let audience = "https://monitor.azure.com"

  func ingest(_ request: SimulatedRequest) -> SimulatedResponse {
    count("ingest")
    let path = request.segments
    guard path.count == 4, path[2] == "streams", let stream = scenario.streams[path[1]] else {
      return SimulatedAzure.refusal(
        404, "NotFound", "Data collection rule with immutable Id '\(path.last ?? "")' not found.")
    }
    guard path[3] == stream else {
      return SimulatedAzure.refusal(400, "InvalidStream", "The stream \(path[3]) was not configured.")
    }
    guard request.method == "POST", request.query["api-version"] == "2023-01-01" else {
      return SimulatedAzure.refusal(400, "InvalidApiVersion", "The api-version is not supported.")
    }
    guard isForIngestion(request) else {
      return SimulatedAzure.refusal(403, "OperationFailed", "The authentication token provided does not have access.")
    }
    guard request.headers["content-type"]?.hasPrefix("application/json") == true else {
      return SimulatedAzure.refusal(415, "UnsupportedContentType", "The content type is not supported.")
    }
    let body: [UInt8]
    do throws(Gunzip.Failure) {
      body = try SimulatedAzure.content(of: request)
    } catch {
      guard error == .malformed else {
        return SimulatedAzure.refusal(
          413, "ContentLengthLimitExceeded", "Maximum allowed content length: 1048576 bytes.")
      }
      return SimulatedAzure.refusal(400, "InvalidPayload", "The payload could not be decompressed.")
    }
    guard case .array(let rows)? = try? JSONDecoder().decode(JSON.self, from: Data(body)),
      rows.allSatisfy({ if case .object = $0 { true } else { false } })
    else { return SimulatedAzure.refusal(400, "InvalidPayload", "The payload is not an array of objects.") }
    ingested[stream, default: []] += rows
    return SimulatedResponse(204)
  }

  /// The scenario's own token is good for everything; an issued one for whom it was issued.
  private func isForIngestion(_ request: SimulatedRequest) -> Bool {
    let token = (request.headers["authorization"] ?? "").dropFirst("Bearer ".count)
    guard token != scenario.token else { return true }
    let parts = token.split(separator: ".")
    guard parts.count == 3 else { return false }
    let text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    guard let payload = Data(base64Encoded: String(text) + padding),
      let claims = try? JSONDecoder().decode([String: String].self, from: payload)
    else { return false }
    return [SimulatedAzure.audience, SimulatedAzure.audience + "/"].contains(claims["aud"])
  }

  /// Neither the body as it travels nor what it inflates to may be too large.
  private static func content(of request: SimulatedRequest) throws(Gunzip.Failure) -> [UInt8] {
    guard request.body.count <= mostBytes else { throw .tooLarge }
    guard request.headers["content-encoding"] == "gzip" else { return request.body }
    return try Gunzip.inflate(request.body, atMost: mostBytes)
  }

  /// The code stands in a header as well.
  private static func refusal(_ status: Int, _ code: String, _ message: String) -> SimulatedResponse {
    .error(status, code, message, headers: [("x-ms-error-code", code)])
  }
}

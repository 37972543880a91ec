import FoundationEssentials

/// Who may ask.
extension SimulatedAzure {
  /// IMDS, the `IDENTITY_ENDPOINT` of other hosts, and the token endpoint of a tenant.
  func token(_ request: SimulatedRequest) -> SimulatedResponse? {
    let path = request.segments.map { $0.lowercased() }
    if path == ["metadata", "identity", "oauth2", "token"] {
      guard request.headers["metadata"]?.lowercased() == "true" else {
        return SimulatedResponse(
          400, ["error": "invalid_request", "error_description": "Required metadata header not specified"])
      }
      guard !scenario.hasNoIdentity else {
        return SimulatedResponse(400, ["error": "invalid_request", "error_description": "Identity not found"])
      }
      return issue(for: request.query["resource"] ?? "https://management.azure.com/", asText: true)
    }
    if path == ["msi", "token"] {
      guard request.headers["x-identity-header"] != nil else {
        return SimulatedResponse(401, ["error": "unauthorized"])
      }
      return issue(for: request.query["resource"] ?? "https://management.azure.com/", asText: true)
    }
    if path.suffix(3) == ["oauth2", "v2.0", "token"], request.method == "POST" {
      let form = SimulatedRequest(method: "", target: "/?" + String(decoding: request.body, as: UTF8.self), origin: "")
        .query
      guard form["client_secret"] == "simulator-secret" || form["client_assertion"] != nil else {
        return SimulatedResponse(
          401,
          [
            "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided.",
            "error_codes": [7_000_215],
          ])
      }
      return issue(for: (form["scope"] ?? "").replacing("/.default", with: ""), asText: false)
    }
    return nil
  }

  private func issue(for resource: String, asText: Bool) -> SimulatedResponse {
    // Three parts, of which the second says for whom it is, as Entra ID's tokens have them.
    let claims = #"{"aud":"\#(resource)","oid":"\#(SimulatedAzure.tenant)","tid":"\#(SimulatedAzure.tenant)"}"#
    let payload = Data(claims.utf8).base64EncodedString().filter { $0 != "=" }
      .replacing("+", with: "-").replacing("/", with: "_")
    let token = "issued-\(guid()).\(payload).unsigned"
    tokens.insert(token)
    if asText {
      return SimulatedResponse(
        200,
        [
          "access_token": .string(token), "expires_in": "86399",
          "expires_on": .string(String(Int(now.timeIntervalSince1970) + 86_399)),
          "not_before": .string(String(Int(now.timeIntervalSince1970))), "ext_expires_in": "86399",
          "client_id": .string(SimulatedAzure.tenant), "resource": .string(resource), "token_type": "Bearer",
        ])
    }
    return SimulatedResponse(200, ["access_token": .string(token), "expires_in": 3599, "token_type": "Bearer"])
  }
}

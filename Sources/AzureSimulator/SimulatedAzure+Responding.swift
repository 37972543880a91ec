import FoundationEssentials

/// Which request is answered by what.
extension SimulatedAzure {
  public func respond(to request: SimulatedRequest) -> SimulatedResponse {
    settle()
    if request.segments.first == "_simulator" { return control(request) }
    if let fault = meetFault(request) { return fault }
    if let token = token(request) { return token }
    var response = arm(request)
    response.headers += [
      ("x-ms-request-id", guid()), ("x-ms-correlation-request-id", guid()),
      ("x-ms-ratelimit-remaining-subscription-reads", "249"),
    ]
    return response
  }

  private func arm(_ request: SimulatedRequest) -> SimulatedResponse {
    let bearer = request.headers["authorization"] ?? ""
    guard bearer.hasPrefix("Bearer "), tokens.contains(String(bearer.dropFirst(7))) else {
      return .error(
        401, "InvalidAuthenticationToken", "The access token is invalid.",
        headers: [("WWW-Authenticate", "Bearer authorization_uri=\"https://login.windows.net/\"")])
    }
    if request.segments.first == "operations" { return poll(request) }
    guard request.query["api-version"] != nil else {
      return .error(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.")
    }
    let path = request.segments.map { $0.lowercased() }
    if let at = path.firstIndex(of: "vaults"), at + 1 < path.count { return vault(request, path, at) }
    if let at = path.firstIndex(of: "virtualmachines"), at + 1 < path.count { return machine(request, path, at) }
    return .error(404, "ResourceNotFound", "The resource under '\(request.resource)' was not found.")
  }

  // MARK: - Vaults

  private func vault(_ request: SimulatedRequest, _ path: [String], _ at: Int) -> SimulatedResponse {
    guard let vault = scenario.vaults.first(where: { request.resource.hasPrefix($0.id.lowercased()) }) else {
      return .error(
        404, "ResourceNotFound", "The Resource 'Microsoft.RecoveryServices/vaults/\(path[at + 1])' was not found.")
    }
    let rest = Array(path[(at + 2)...])
    switch (request.method, rest.first, rest.last) {
    case ("GET", nil, _): return SimulatedResponse(200, ["id": .string(vault.id), "name": .string(vault.name)])
    case ("GET", "replicationprotecteditems", _):
      count("items")
      let keys = listing[vault.name.lowercased()] ?? []
      let from = Int(request.query["skiptoken"]?.split(separator: "-").last ?? "0") ?? 0
      let page = keys.dropFirst(from).prefix(vault.pageSize)
      let next = from + page.count
      let link: JSON =
        next < keys.count
        ? .string(
          "\(request.origin)\(vault.id)/replicationProtectedItems?api-version=\(request.query["api-version"] ?? "")&skipToken=p%3a-\(next)"
        )
        : .null
      let rows = page.compactMap { key in items[key].map { render($0, vault) } }
      return SimulatedResponse(200, .object([("value", .array(rows)), ("nextLink", link)]))
    case ("GET", "replicationfabrics", _):
      count("item")
      guard let item = items[request.resource] else {
        return .error(404, "ResourceNotFound", "The protected item was not found.")
      }
      return SimulatedResponse(200, render(item, vault))
    case ("GET", "replicationjobs", _):
      count("jobs")
      let rows = jobs.filter { $0.vault == vault.name }.map(render)
      if rest.count > 1 {
        guard let job = jobs.first(where: { $0.name == rest[1] }) else { return .error(404, "ResourceNotFound", nil) }
        return SimulatedResponse(200, render(job))
      }
      return SimulatedResponse(200, .object([("value", .array(rows)), ("nextLink", .null)]))
    default: return .error(404, "ResourceNotFound", "Nothing is simulated under '\(request.resource)'.")
    }
  }

  // MARK: - Machines

  private func machine(_ request: SimulatedRequest, _ path: [String], _ at: Int) -> SimulatedResponse {
    let key = "/" + path[...(at + 1)].joined(separator: "/")
    guard let machine = machines[key], machine.exists else {
      return .error(
        404, "ResourceNotFound", "The Resource 'Microsoft.Compute/virtualMachines/\(path[at + 1])' was not found.")
    }
    let rest = Array(path[(at + 2)...])
    if request.method != "GET" { machines[key]?.writes += 1 }
    switch (request.method, rest.first, rest.count) {
    case ("GET", nil, _):
      count("machine")
      return SimulatedResponse(200, render(machine, withView: request.query["$expand"]?.lowercased() == "instanceview"))
    case ("GET", "instanceview", _): return SimulatedResponse(200, view(machine))
    case ("PATCH", nil, _): return patch(key, request)
    case ("GET", "extensions", 1):
      return SimulatedResponse(200, ["value": .array(machine.extensions.values.map { render($0, machine) })])
    case ("GET", "extensions", 2):
      guard let found = machine.extensions[rest[1]] else {
        return .error(404, "ResourceNotFound", "The extension was not found.")
      }
      return SimulatedResponse(200, render(found, machine))
    case ("PUT", "extensions", 2): return put(key, request, request.segments[at + 3])
    case ("DELETE", "extensions", 2): return delete(key, request, rest[1])
    case (_, "providers", _) where rest.count >= 3 && rest[2] == "datacollectionruleassociations":
      return association(key, request, rest.count > 3 ? request.segments[at + 5] : nil)
    default: return .error(404, "ResourceNotFound", "Nothing is simulated under '\(request.resource)'.")
    }
  }

  func count(_ kind: String) { counts[kind, default: 0] += 1 }

  private func meetFault(_ request: SimulatedRequest) -> SimulatedResponse? {
    guard
      let at = faults.firstIndex(where: {
        $0.times > 0 && request.target.lowercased().contains($0.match.lowercased())
          && ($0.method == nil || $0.method == request.method)
      })
    else { return nil }
    faults[at].times -= 1
    var response = SimulatedResponse(faults[at].status)
    response.body = faults[at].body
    response.contentType = faults[at].contentType
    if let seconds = faults[at].retryAfter { response.headers.append(("Retry-After", seconds)) }
    return response
  }

  // MARK: - Tokens

  /// IMDS, the `IDENTITY_ENDPOINT` of other hosts, and the token endpoint of a tenant.
  private func token(_ request: SimulatedRequest) -> SimulatedResponse? {
    let path = request.segments.map { $0.lowercased() }
    if path == ["metadata", "identity", "oauth2", "token"] {
      guard request.headers["metadata"]?.lowercased() == "true" else {
        return SimulatedResponse(
          400, ["error": "invalid_request", "error_description": "Required metadata header not specified"])
      }
      return issue(asText: true)
    }
    if path == ["msi", "token"] {
      guard request.headers["x-identity-header"] != nil else {
        return SimulatedResponse(401, ["error": "unauthorized"])
      }
      return issue(asText: true)
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
      return issue(asText: false)
    }
    return nil
  }

  private func issue(asText: Bool) -> SimulatedResponse {
    let token = "issued-\(guid())"
    tokens.insert(token)
    if asText {
      return SimulatedResponse(
        200,
        [
          "access_token": .string(token), "expires_in": "86399",
          "expires_on": .string(String(Int(clock.now.timeIntervalSince1970) + 86_399)),
          "resource": "https://management.azure.com/", "token_type": "Bearer",
        ])
    }
    return SimulatedResponse(200, ["access_token": .string(token), "expires_in": 3599, "token_type": "Bearer"])
  }
}

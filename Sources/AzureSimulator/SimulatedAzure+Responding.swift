import FoundationEssentials

/// Which request is answered by what.
extension SimulatedAzure {
  public func respond(to request: SimulatedRequest) -> SimulatedResponse {
    settle()
    if request.segments.first == "_simulator" { return control(request) }
    let fault = meetFault(request)
    if fault == nil, let answer = token(request) ?? metadata(request) { return answer }
    let admission = admit(request)
    var response = fault ?? admission.refusal ?? arm(request)
    response.headers += [
      ("x-ms-request-id", guid()), ("x-ms-correlation-request-id", guid()),
      ("x-ms-routing-request-id", "UKSOUTH:\(guid())"),
    ]
    response.headers += admission.headers
    if let id = request.headers["x-ms-client-request-id"],
      request.headers["x-ms-return-client-request-id"]?.lowercased() == "true"
    {
      response.headers.append(("x-ms-client-request-id", id))
    }
    note(request, response.status)
    return response
  }

  /// Every request that was to change something is part of the truth, whatever it was answered with.
  private func note(_ request: SimulatedRequest, _ status: Int) {
    guard ["PUT", "PATCH", "DELETE"].contains(request.method) else { return }
    let resource = request.resource
    let parts = resource.split(separator: "/", omittingEmptySubsequences: false)
    let at = parts.firstIndex(of: "virtualmachines") ?? parts.endIndex
    let machine = machines[parts.prefix(at + 2).joined(separator: "/")]
    writes.append(
      SimulatedWrite(
        at: now, method: request.method, path: "/" + request.segments.joined(separator: "/"),
        role: machine?.role.rawValue ?? "none", item: machine?.item, status: status))
  }

  private func arm(_ request: SimulatedRequest) -> SimulatedResponse {
    let bearer = request.headers["authorization"] ?? ""
    guard bearer.hasPrefix("Bearer "), tokens.contains(String(bearer.dropFirst(7))) else {
      return .error(
        401, "InvalidAuthenticationToken", "The access token is invalid.",
        headers: [("WWW-Authenticate", "Bearer authorization_uri=\"https://login.windows.net/\"")])
    }
    let path = request.segments.map { $0.lowercased() }
    if path.isOfOperation { return poll(request) }
    if path.first == "v1", path.count == 4, path[1] == "workspaces", path[3] == "query" { return query(request) }
    if path.first == "datacollectionrules" { return ingest(request) }
    guard request.query["api-version"] != nil else {
      return .error(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.")
    }
    if let answer = permissions(request, path) ?? forbid(request, path) { return answer }
    if path.contains("microsoft.keyvault") { return regional(request, path) }
    if let at = path.firstIndex(of: "vaults"), at + 1 < path.count { return vault(request, path, at) }
    if let at = path.firstIndex(of: "virtualmachines"), at + 1 < path.count { return machine(request, path, at) }
    return regional(request, path)
  }

  // MARK: - Vaults

  private func vault(_ request: SimulatedRequest, _ path: [String], _ at: Int) -> SimulatedResponse {
    let id = "/" + path[...(at + 1)].joined(separator: "/")
    guard let vault = scenario.vaults.first(where: { $0.id.lowercased() == id }) else {
      return .error(
        404, "ResourceNotFound", "The Resource 'Microsoft.RecoveryServices/vaults/\(path[at + 1])' was not found.")
    }
    let rest = Array(path[(at + 2)...])
    switch (request.method, rest.first, rest.count) {
    case ("GET", nil, _):
      return SimulatedResponse(
        200,
        [
          "id": .string(vault.id), "name": .string(vault.name), "type": "Microsoft.RecoveryServices/vaults",
          "location": "ukwest", "properties": ["provisioningState": "Succeeded"],
        ])
    case ("GET", "replicationprotecteditems", 1): return items(request, vault)
    case ("GET", "replicationfabrics", 6):
      count("item")
      guard let item = items[request.resource] else {
        return .error(404, "ResourceNotFound", "The protected item was not found.")
      }
      return SimulatedResponse(200, render(item, vault, isRow: false))
    case ("GET", "replicationjobs", 1):
      count("jobs")
      let rows = jobs.filter { $0.vault == vault.name }.map { render($0, vault, isRow: true) }
      return SimulatedResponse(200, .object([("value", .array(rows)), ("nextLink", .null)]))
    case ("GET", "replicationjobs", 2):
      count("job")
      guard let job = jobs.first(where: { $0.name == rest[1] && $0.vault == vault.name }) else {
        return .error(404, "ResourceNotFound", "The job was not found.")
      }
      return SimulatedResponse(200, render(job, vault, isRow: false))
    case ("GET", "replicationrecoveryplans", 1):
      count("plans")
      let rows = scenario.plans.filter { $0.vault == vault.name }.map { render($0, vault) }
      return SimulatedResponse(200, .object([("value", .array(rows)), ("nextLink", .null)]))
    case ("GET", "replicationrecoveryplans", 2):
      count("plans")
      guard let plan = scenario.plans.first(where: { $0.name.lowercased() == rest[1] && $0.vault == vault.name })
      else { return .error(404, "ResourceNotFound", "The recovery plan was not found.") }
      return SimulatedResponse(200, render(plan, vault))
    default: return .error(404, "ResourceNotFound", "Nothing is simulated under '\(request.resource)'.")
    }
  }

  private func items(_ request: SimulatedRequest, _ vault: Scenario.Vault) -> SimulatedResponse {
    count("items")
    let keys = listing[vault.name.lowercased()] ?? []
    let token = request.query["skiptoken"].flatMap { $0.isEmpty ? nil : $0 }
    let from = Int(token?.split(separator: "-").last ?? "0") ?? 0
    let isEmpty = token == nil && scenario.quirks.contains(.emptyPages)
    let page = isEmpty ? [] : Array(keys.dropFirst(from).prefix(vault.pageSize))
    let next = from + page.count
    let version = request.query["api-version"] ?? ""
    let link = "\(request.origin)\(vault.id)/replicationProtectedItems?api-version=\(version)&skipToken=p%3a-\(next)"
    let rows = page.compactMap { key in items[key].map { row(key, $0, vault) } }
    let hasMore = isEmpty || next < keys.count
    return SimulatedResponse(
      200, .object([("value", .array(rows)), ("nextLink", hasMore ? .string(link) : .null)]))
  }

  // MARK: - Machines

  private func machine(_ request: SimulatedRequest, _ path: [String], _ at: Int) -> SimulatedResponse {
    let key = "/" + path[...(at + 1)].joined(separator: "/")
    let rest = Array(path[(at + 2)...])
    let isAssociation = rest.count >= 3 && rest[2] == "datacollectionruleassociations"
    guard let machine = machines[key], machine.exists else {
      if isAssociation, rest.count > 3, let answer = orphan(request) { return answer }
      if request.method == "DELETE", let gone = machines[key], gone.options.deleteMissingVM == 204 {
        return SimulatedResponse(204)
      }
      return .error(
        404, "ResourceNotFound", "The Resource 'Microsoft.Compute/virtualMachines/\(path[at + 1])' was not found.")
    }
    let withView = request.query["$expand"]?.lowercased() == "instanceview"
    if request.method != "GET" { machines[key]?.writes += 1 }
    switch (request.method, rest.first, rest.count) {
    case ("GET", nil, _):
      count("machine")
      return SimulatedResponse(200, render(machine, withView: withView))
    case ("GET", "instanceview", 1): return SimulatedResponse(200, view(machine))
    case ("PATCH", nil, _): return patch(key, request)
    case ("GET", "extensions", 1): return SimulatedResponse(200, renderExtensions(machine, withView: withView))
    case ("GET", "extensions", 2):
      guard let found = machine.extensions[rest[1]] else {
        return .error(404, "ResourceNotFound", "The extension was not found.")
      }
      return SimulatedResponse(200, render(found, machine, withView: withView))
    case ("PUT", "extensions", 2): return put(key, request, request.segments[at + 3])
    case ("DELETE", "extensions", 2): return delete(key, request, rest[1])
    case _ where isAssociation:
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
}

/// What the identity may do, as roles at scopes say, and how it is told.
///
/// Source: Authorization, Permissions, api-version 2022-04-01; ARM's `AuthorizationFailed`.
extension SimulatedAzure {
  private static let permissions = ["providers", "microsoft.authorization", "permissions"]

  /// The answer to a request for permissions; nil when it is none.
  func permissions(_ request: SimulatedRequest, _ path: [String]) -> SimulatedResponse? {
    guard path.suffix(3) == SimulatedAzure.permissions[...] else { return nil }
    count("permissions")
    let scope = "/" + path.dropLast(3).joined(separator: "/")
    if path.count > 3, path[2] == "resourcegroups", !groups.contains("/" + path.prefix(4).joined(separator: "/")) {
      return .error(404, "ResourceGroupNotFound", "Resource group '\(path[3])' could not be found.")
    }
    let rows: [JSON] = permissions(at: scope).map {
      [
        "actions": JSON($0.actions), "notActions": JSON($0.notActions), "dataActions": [], "notDataActions": [],
        "condition": .null, "conditionVersion": .null,
      ]
    }
    return SimulatedResponse(200, .object([("value", .array(rows))]))
  }

  /// The refusal of a request that no role allows.
  func forbid(_ request: SimulatedRequest, _ path: [String]) -> SimulatedResponse? {
    guard scenario.permissions != nil, let action = SimulatedAzure.action(request, path) else { return nil }
    let isAllowed = permissions(at: request.resource).contains { permission in
      permission.actions.contains { SimulatedAzure.fits(action, $0) }
        && !permission.notActions.contains { SimulatedAzure.fits(action, $0) }
    }
    guard !isAllowed else { return nil }
    count("forbidden")
    return .error(
      403, "AuthorizationFailed",
      "The client '\(SimulatedAzure.tenant)' with object id '\(SimulatedAzure.tenant)' does not have authorization to perform action '\(action)' over scope '\(request.resource)' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )
  }

  /// Roles at the scope and above it.
  private func permissions(at scope: String) -> [(actions: [String], notActions: [String])] {
    guard let permissions = scenario.permissions else { return [(["*"], [])] }
    return permissions.filter { permission in
      let above = permission.scope.lowercased()
      return above == "/" || scope == above || scope.hasPrefix(above + "/")
    }.map { ($0.actions, $0.notActions) }
  }

  /// The action that a request needs: the types below the last provider of its path, and a verb.
  private static func action(_ request: SimulatedRequest, _ path: [String]) -> String? {
    guard let at = path.lastIndex(of: "providers"), at + 2 < path.count else { return nil }
    let types = path[(at + 2)...].enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    let verb = ["GET": "read", "DELETE": "delete", "POST": "action"][request.method] ?? "write"
    return ([path[at + 1]] + types + [verb]).joined(separator: "/")
  }

  /// `*` stands for anything, and between two slashes also for nothing at all.
  private static func fits(_ action: String, _ pattern: String) -> Bool {
    follows(action, pattern.lowercased()) || follows(action, pattern.lowercased().replacing("/*/", with: "/"))
  }

  /// The pieces between stars must follow each other.
  private static func follows(_ action: String, _ pattern: String) -> Bool {
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    var rest = action[...]
    guard let first = pieces.first, rest.hasPrefix(first) else { return false }
    rest = rest.dropFirst(first.count)
    guard pieces.count > 1, let last = pieces.last else { return rest.isEmpty }
    for piece in pieces[1..<(pieces.count - 1)] where !piece.isEmpty {
      guard let found = rest.firstRange(of: piece) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(last)
  }

  /// The resource groups in which the scenario has something, in lower case.
  private var groups: Set<String> {
    let ids =
      scenario.vaults.map(\.id) + scenario.rules + scenario.endpoints.keys + scenario.keyVaults.map(\.id)
      + scenario.machines.flatMap(\.userAssigned)
    let sides = scenario.machines.flatMap { [$0.from, $0.to] }
    return Set(
      ids.map { "/" + $0.lowercased().split(separator: "/").prefix(4).joined(separator: "/") }
        + sides.map { "/subscriptions/\($0.subscription)/resourcegroups/\($0.resourceGroup)".lowercased() })
  }

  /// Where the services of this cloud are: the one document that needs no token.
  func metadata(_ request: SimulatedRequest) -> SimulatedResponse? {
    guard request.segments == ["metadata", "endpoints"], request.method == "GET" else { return nil }
    return SimulatedResponse(
      200,
      [["name": "AzureCloud", "resourceManager": .string(request.origin), "authentication": ["tenant": "common"]]])
  }
}

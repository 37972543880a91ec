/// Who is to be given a role.
public struct Principal: Hashable, Sendable {
  /// How the token was had: `managed identity`, `client secret`...
  public var source: String
  /// The object id in the directory; nil where the token does not tell.
  public var objectID: String?

  public init(source: String, objectID: String? = nil) {
    self.source = source
    self.objectID = objectID
  }

  /// The commands that give the actions: by built-in roles, or by a custom role where those are too broad.
  public func grant(_ actions: some Sequence<NeededAction>, at scope: ResourceID) -> String {
    let actions = actions.sorted { $0.rawValue < $1.rawValue }
    var commands = Set(actions.compactMap(\.builtInRole)).sorted().map { assign($0, at: scope) }
    for action in actions where action.builtInRole == nil {
      let name = "Aftercare \(action.rawValue.split(separator: "/").dropFirst().joined(separator: " "))"
      let definition =
        #"{"Name": "\#(name)", "Actions": ["\#(action.rawValue)"], "AssignableScopes": ["/subscriptions/\#(scope.subscription)"]}"#
      commands += ["az role definition create --role-definition '\(definition)'", assign(name, at: scope)]
    }
    return commands.joined(separator: " && ")
  }

  private func assign(_ role: String, at scope: ResourceID) -> String {
    let who = objectID.map { "--assignee-object-id \($0) --assignee-principal-type ServicePrincipal" }
    return #"az role assignment create \#(who ?? "--assignee OBJECT_ID") --role "\#(role)" --scope \#(scope.text)"#
  }
}

extension CheckResult {
  /// - Parameter isObserving: nothing is written in this mode, so what only writes need is a warning.
  public static func permissions(
    at scope: ResourceID, needing actions: Set<NeededAction>, _ answer: Result<[Permission], Fault>,
    granting principal: Principal, isObserving: Bool = false
  ) -> CheckResult {
    switch answer {
    case .success(let permissions):
      let missing = actions.filter { !permissions.allow($0) }.sorted { $0.rawValue < $1.rawValue }
      guard !missing.isEmpty else {
        return .pass(.permissions, scope.text, "has what is needed: \(actions.count) of \(actions.count) actions")
      }
      let isBad = missing.contains { !$0.isHelpful && ($0.isRead || !isObserving) }
      let list = missing.map { "\($0.rawValue) (\($0.reason))" }.joined(separator: ", ")
      return CheckResult(
        .permissions, isBad ? .fail : .warn, scope.text, "lacks \(list)", remedy: principal.grant(missing, at: scope))
    case .failure(let fault) where fault.kind == .forbidden:
      // Azure has been seen to answer so for a group that is gone. The roles below may read permissions as well.
      return .fail(
        .permissions, scope.text,
        "what the identity may do there cannot be read (\(fault.code)): it has no role there, or does not exist",
        remedy: principal.grant(actions, at: scope))
    case .failure(let fault) where fault.kind == .notFound:
      return .fail(
        .permissions, scope.text, "does not exist, or the identity may not see it (\(fault.code))",
        remedy: "Create it, or correct the id; if it exists: \(principal.grant(actions, at: scope))")
    case .failure(let fault): return .failed(.permissions, scope.text, fault)
    }
  }
}

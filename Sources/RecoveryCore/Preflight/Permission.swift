/// One entry of what an identity may do at a scope: a role's actions, less those that the role takes back.
///
/// Source: `GET {scope}/providers/Microsoft.Authorization/permissions`, api-version 2022-04-01. There is an entry for
/// each role that is assigned at the scope or above it; what one takes back, another may give.
public struct Permission: Hashable, Sendable {
  public var actions: [String]
  public var notActions: [String]

  public init(actions: [String], notActions: [String] = []) {
    self.actions = actions
    self.notActions = notActions
  }

  public func allows(_ action: String) -> Bool {
    actions.contains { Permission.pattern($0, matches: action) }
      && !notActions.contains { Permission.pattern($0, matches: action) }
  }

  /// Whether an action fits a pattern, in which `*` stands for any run of characters, slashes included. Without case.
  ///
  /// A segment that is a star alone may stand for no segment: Managed Identity Operator has
  /// `userAssignedIdentities/*/assign/action`, and by that may do `userAssignedIdentities/assign/action`.
  private static func pattern(_ pattern: String, matches action: String) -> Bool {
    wildcard(pattern, matches: action)
      || pattern.contains("/*/") && wildcard(pattern.replacing("/*/", with: "/"), matches: action)
  }

  private static func wildcard(_ pattern: String, matches action: String) -> Bool {
    let pattern = Array(pattern.lowercased().utf8)
    let action = Array(action.lowercased().utf8)
    let star = UInt8(ascii: "*")
    var (at, seen) = (0, 0)
    // Where to go on when the run that the last star stands for must be one longer.
    var retry: (at: Int, seen: Int)?
    while seen < action.count {
      if at < pattern.count, pattern[at] == star {
        at += 1
        retry = (at, seen)
      } else if at < pattern.count, pattern[at] == action[seen] {
        (at, seen) = (at + 1, seen + 1)
      } else if let last = retry {
        (at, seen) = (last.at, last.seen + 1)
        retry?.seen = seen
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == star }
  }
}

extension Sequence<Permission> {
  public func allow(_ action: NeededAction) -> Bool { contains { $0.allows(action.rawValue) } }
}

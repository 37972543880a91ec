/// A machine's managed identities (`identity`).
public struct ManagedIdentity: Hashable, Sendable, Codable {
  public var hasSystemAssigned: Bool
  public var userAssigned: [ResourceID]

  public init(hasSystemAssigned: Bool, userAssigned: [ResourceID]) {
    self.hasSystemAssigned = hasSystemAssigned
    self.userAssigned = userAssigned
  }

  public static let none = ManagedIdentity(hasSystemAssigned: false, userAssigned: [])

  /// The `type` that ARM wants, or gave: `None`, `SystemAssigned`, `UserAssigned`, `SystemAssigned, UserAssigned`.
  public var type: String {
    switch (hasSystemAssigned, userAssigned.isEmpty) {
    case (false, true): "None"
    case (true, true): "SystemAssigned"
    case (false, false): "UserAssigned"
    case (true, false): "SystemAssigned, UserAssigned"
    }
  }

  /// This identity with what is required added and nothing dropped. A PATCH that names only `SystemAssigned` would
  /// drop every user-assigned one, so what is sent is always the whole.
  public func adding(_ required: ManagedIdentity) -> ManagedIdentity {
    ManagedIdentity(
      hasSystemAssigned: hasSystemAssigned || required.hasSystemAssigned,
      userAssigned: userAssigned + required.userAssigned.filter { !userAssigned.contains($0) })
  }

  public func covers(_ required: ManagedIdentity) -> Bool {
    (hasSystemAssigned || !required.hasSystemAssigned) && required.userAssigned.allSatisfy(userAssigned.contains)
  }
}

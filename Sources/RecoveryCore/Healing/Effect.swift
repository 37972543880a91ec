/// What a step asks of Azure, complete: an adapter adds nothing of its own.
public enum Effect: Hashable, Sendable {
  /// The whole identity that the machine must have afterwards.
  case setIdentity(machine: ResourceID, ManagedIdentity)
  case deleteExtension(machine: ResourceID, name: String)
  case putExtension(machine: ResourceID, location: String, DesiredExtension, forceUpdateTag: String)
  case putAssociation(machine: ResourceID, Association)
  case deleteAssociation(machine: ResourceID, name: String)

  public var machine: ResourceID {
    switch self {
    case .setIdentity(let machine, _), .deleteExtension(let machine, _), .putExtension(let machine, _, _, _),
      .putAssociation(let machine, _), .deleteAssociation(let machine, _):
      machine
    }
  }
}

/// How far an effect has come. A failure is thrown as a `Fault`.
public enum Progress: Hashable, Sendable {
  case done
  /// Azure works on it. `retryAfter` is what it asked for; nil when it asked for nothing.
  case running(OperationHandle, retryAfter: Duration?)
}

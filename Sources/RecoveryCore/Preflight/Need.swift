/// Something that must hold for a part of a machine to come back, and that Azure can be asked about beforehand.
public enum Need: Hashable, Sendable {
  case action(NeededAction, at: ResourceID)
  case version(WantedVersion, in: ComputeRegion)
  case rule(ResourceID)
  /// An endpoint serves machines of its own region only.
  case endpoint(ResourceID, in: String)
  case userAssignedIdentity(ResourceID)
  case keyVault(ResourceID, secretURL: String, in: ComputeRegion)

  /// What Azure is asked, once for all the needs that its answer decides.
  public enum Question: Hashable, Sendable {
    case permissions(ResourceID)
    case versions(ExtensionKind, ComputeRegion)
    case resource(ResourceID)
  }

  public var question: Question {
    switch self {
    case .action(_, let scope): .permissions(scope)
    case .version(let wanted, let region): .versions(wanted.kind, region)
    case .rule(let id), .endpoint(let id, _), .userAssignedIdentity(let id), .keyVault(let id, _, _): .resource(id)
    }
  }
}

/// A part of a machine that is to come back, and what that needs.
public struct ReturningPart: Hashable, Sendable {
  /// The leg.
  public var part: String
  public var needs: Set<Need>

  public init(_ part: String, _ needs: Set<Need>) {
    self.part = part
    self.needs = needs
  }
}

extension DesiredState {
  /// What of the state can come back at a place. What is set aside, and what has an obstacle, is not among it.
  public func parts(at landing: Landing) -> [ReturningPart] {
    func actions(_ actions: NeededAction...) -> Set<Need> {
      Set(([.readMachine] + actions).map { .action($0, at: landing.group) })
    }
    var parts: [ReturningPart] = []
    if identity != .none {
      var needs = actions(.writeMachine)
      for id in identity.userAssigned {
        needs.formUnion([.action(.assignIdentity, at: id), .userAssignedIdentity(id)])
      }
      parts.append(ReturningPart(Leg.identity.description, needs))
    }
    for wanted in extensions where wanted.obstacle == nil {
      var needs = actions(.readExtension, .writeExtension, .deleteExtension)
      needs.insert(.version(WantedVersion(wanted), in: landing.region))
      if case .keyVault(let url, let vault)? = wanted.protectedSettings {
        needs.insert(.keyVault(vault, secretURL: url, in: landing.region))
        needs.insert(.action(.deployFromKeyVault, at: vault))
      }
      parts.append(ReturningPart(Leg.extension(wanted.kind).description, needs))
    }
    for association in associations where association.owner == nil {
      var needs = actions(.readAssociation, .writeAssociation)
      switch association.target {
      case .rule(let id): needs.insert(.rule(id))
      case .endpoint(let id): needs.insert(.endpoint(id, in: landing.location))
      }
      parts.append(ReturningPart(Leg.association(association.name).description, needs))
    }
    return parts
  }
}

extension ProtectedItem {
  /// What the watch of the item needs whatever its machine has, and what a heal of it needs at either side: parts come
  /// back at one of them, and one day at the other.
  public func needs(of parts: [ReturningPart]) -> Set<Need> {
    let own = parts.reduce(into: Set<Need>()) { $0.formUnion($1.needs) }
    var needs = own
    for group in groups {
      needs.insert(.action(.readMachine, at: group))
      for case .action(let action, let scope) in own where scope == landing?.group {
        needs.insert(.action(action, at: group))
      }
    }
    for action in [NeededAction.readItems, .readItem, .readJobs, .readPlans] {
      needs.insert(.action(action, at: vault))
    }
    return needs
  }
}

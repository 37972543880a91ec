extension DesiredState {
  /// What the profiles that match a machine say together, in dependency order. A later profile overrides an earlier
  /// one in what both name; identities add up. A machine whose OS is not known gets no extensions.
  public init(profiles: [Profile], for machine: Machine) {
    self.init()
    for profile in profiles where profile.match.matches(machine) {
      sources.append(profile.name)
      identity = identity.adding(profile.identity)
      for template in profile.extensions {
        guard let wanted = machine.operatingSystem.flatMap({ template.variants[$0] }) else { continue }
        extensions.removeAll { $0.kind == wanted.kind }
        extensions.append(wanted)
      }
      for association in profile.associations {
        associations.removeAll { $0.name.lowercased() == association.name.lowercased() }
        associations.append(association)
      }
    }
    extensions = DesiredState.inDependencyOrder(extensions)
  }

  /// Each extension after those it names in `after`, otherwise as given. A circle is cut where it closes: the
  /// configuration refuses circles, and a decision must end whatever it is given.
  static func inDependencyOrder(_ extensions: [DesiredExtension]) -> [DesiredExtension] {
    var ordered: [DesiredExtension] = []
    var visiting: Set<ExtensionKind> = []
    func visit(_ wanted: DesiredExtension) {
      guard !ordered.contains(where: { $0.kind == wanted.kind }), visiting.insert(wanted.kind).inserted else { return }
      for kind in wanted.after {
        if let earlier = extensions.first(where: { $0.kind == kind }) { visit(earlier) }
      }
      ordered.append(wanted)
    }
    extensions.forEach(visit)
    return ordered
  }
}

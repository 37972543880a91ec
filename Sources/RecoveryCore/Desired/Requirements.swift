/// What the configuration says about what machines must have: profiles, and what is known of extensions.
public struct Requirements: Sendable {
  public var profiles: [Profile]
  public var catalogue: Catalogue
  /// Whether baselines are learned and put back. Without them only profiles say what a machine must have.
  public var usesBaselines: Bool

  public init(profiles: [Profile] = [], catalogue: Catalogue = Catalogue(), usesBaselines: Bool = true) {
    self.profiles = profiles
    self.catalogue = catalogue
    self.usesBaselines = usesBaselines
  }

  /// What a machine must have: its item's baseline, overlaid by the profiles that match it, in dependency order.
  ///
  /// A later profile overrides an earlier one in what both name, and any profile overrides the baseline; what a profile
  /// leaves unsaid of an extension is as the baseline has it. Identities add up. A machine whose OS is not known gets no
  /// extensions.
  public func desired(for machine: Machine, baseline: Baseline? = nil) -> DesiredState {
    let matching = profiles.filter { $0.match.matches(machine) }
    var desired = DesiredState()
    if let baseline, usesBaselines {
      desired.sources.append(Requirements.baselineSource)
      take(baseline, for: machine, named: Set(matching.flatMap { $0.kinds(on: machine.operatingSystem) }), &desired)
    }
    for profile in matching { take(profile, over: baseline, for: machine, &desired) }
    for index in desired.extensions.indices {
      let leg = Leg.extension(desired.extensions[index].kind).description
      complete(&desired.extensions[index], isNamed: desired.origins[leg] != Requirements.baselineSource)
    }
    for wanted in desired.extensions {
      guard let agent = wanted.identityInSettings, !desired.identity.userAssigned.contains(agent) else { continue }
      desired.identity.userAssigned.append(agent)
    }
    if desired.identity != .none, desired.origins[Leg.identity.description] == nil {
      desired.origins[Leg.identity.description] = "settings of an extension"
    }
    desired.extensions = Requirements.inDependencyOrder(desired.extensions)
    return desired
  }

  /// Whether anything is learned from or asked of a machine's associations.
  var readsAssociations: Bool {
    usesBaselines || profiles.contains { !$0.associations.isEmpty || !$0.endpoints.isEmpty }
  }

  /// The files that hold protected settings.
  public var protectedSettingsFiles: [String] {
    let wanted = profiles.flatMap(\.extensions).flatMap(\.variants.values)
    return wanted.compactMap { if case .file(let path)? = $0.protectedSettings { path } else { nil } }
  }

  static let baselineSource = "baseline"

  // MARK: - The baseline

  private func take(
    _ baseline: Baseline, for machine: Machine, named: Set<ExtensionKind>, _ desired: inout DesiredState
  ) {
    if baseline.identity != .none {
      desired.identity = baseline.identity
      desired.origins[Leg.identity.description] = Requirements.baselineSource
    }
    if machine.operatingSystem != nil, machine.operatingSystem == baseline.operatingSystem {
      for wanted in baseline.extensions where !named.contains(wanted.kind) {
        let leg = Leg.extension(wanted.kind).description
        switch catalogue[wanted.kind]?.replay {
        case .leave: desired.setAside.append(SetAside(leg, .ownedByAzure))
        case .never: desired.setAside.append(SetAside(leg, .runsOnce))
        case nil where catalogue.unknown == .report: desired.setAside.append(SetAside(leg, .unknownType))
        case .restore, nil:
          var wanted = wanted
          wanted.settings = wanted.settings?.replacing(baseline.machine.id, with: machine.id)
          desired.extensions.append(wanted)
          desired.origins[leg] = Requirements.baselineSource
        }
      }
    }
    for association in baseline.associations {
      let leg = Leg.association(association.name).description
      if association.owner != nil {
        desired.setAside.append(SetAside(leg, .ownedByService))
      } else {
        desired.associations.append(association)
        desired.origins[leg] = Requirements.baselineSource
      }
    }
    takeEndpoint(baseline, for: machine, &desired)
  }

  private func takeEndpoint(_ baseline: Baseline, for machine: Machine, _ desired: inout DesiredState) {
    guard !baseline.endpoints.isEmpty else { return }
    let leg = Leg.association(Association.endpointName).description
    if let endpoint = baseline.endpoints[machine.location] {
      desired.associations.append(Association(name: Association.endpointName, target: .endpoint(endpoint)))
      desired.origins[leg] = Requirements.baselineSource
    } else if !profiles.contains(where: { $0.match.matches(machine) && $0.namesEndpoint(in: machine.location) }) {
      desired.setAside.append(SetAside(leg, .noEndpointInRegion))
    }
  }

  // MARK: - Profiles

  private func take(_ profile: Profile, over baseline: Baseline?, for machine: Machine, _ desired: inout DesiredState) {
    desired.sources.append(profile.name)
    let origin = "profile \(profile.name)"
    if profile.identity != .none {
      desired.identity = desired.identity.adding(profile.identity)
      let leg = Leg.identity.description
      desired.origins[leg] = desired.origins[leg].map { "\($0) and \(origin)" } ?? origin
    }
    for template in profile.extensions {
      guard var wanted = machine.operatingSystem.flatMap({ template.variants[$0] }) else { continue }
      let leg = Leg.extension(wanted.kind).description
      let known =
        desired.extensions.first { $0.kind == wanted.kind }
        ?? (usesBaselines ? baseline?.extensions.first { $0.kind == wanted.kind } : nil)
      if let known {
        wanted.fill(from: known)
        desired.origins[leg] = "\(origin) over \(desired.origins[leg] ?? Requirements.baselineSource)"
      } else {
        desired.origins[leg] = origin
      }
      desired.extensions.removeAll { $0.kind == wanted.kind }
      desired.extensions.append(wanted)
    }
    for source in profile.data where !desired.data.contains(source) { desired.data.append(source) }
    for association in profile.associations(in: machine.location) {
      let leg = Leg.association(association.name).description
      desired.associations.removeAll { $0.name.lowercased() == association.name.lowercased() }
      desired.setAside.removeAll { $0.part == leg }
      desired.associations.append(association)
      desired.origins[leg] = origin
    }
  }

  // MARK: - The catalogue

  /// What the catalogue adds, and what stands in the way of a rebuild. A profile that names an extension answers for
  /// protected settings that it may have, though not for those that it must have.
  private func complete(_ wanted: inout DesiredExtension, isNamed: Bool) {
    let entry = catalogue[wanted.kind]
    wanted.needsIdentity = wanted.needsIdentity || entry?.needsIdentity ?? false
    for kind in entry?.after ?? [] where !wanted.after.contains(kind) { wanted.after.append(kind) }
    switch entry?.protectedSettings {
    case .required where wanted.protectedSettings == nil, .possible where wanted.protectedSettings == nil && !isNamed:
      wanted.obstacle = .protectedSettingsUnknown
    default: wanted.obstacle = wanted.version.isEmpty ? .versionUnknown : nil
    }
  }

  // MARK: - Order

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

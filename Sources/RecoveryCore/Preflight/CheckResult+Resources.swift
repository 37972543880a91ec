/// A resource as far as readiness depends on it.
public struct RegionalResource: Hashable, Sendable {
  public var id: ResourceID
  public var location: String
  /// A Key Vault's `enabledForDeployment`; nil when it does not say.
  public var isEnabledForDeployment: Bool?

  public init(id: ResourceID, location: String, isEnabledForDeployment: Bool? = nil) {
    self.id = id
    self.location = ProtectedItem.Place.normalized(location)
    self.isEnabledForDeployment = isEnabledForDeployment
  }
}

extension CheckResult {
  public static func version(
    _ wanted: WantedVersion, in region: ComputeRegion, _ answer: Result<[String], Fault>, granting principal: Principal
  ) -> CheckResult {
    let subject = "\(wanted.kind) \(wanted.version) in \(region.location)"
    switch answer {
    case .success(let versions):
      if let newest = wanted.newest(of: versions) { return .pass(.extensionVersion, subject, "there as \(newest)") }
      guard let last = WantedVersion.sorted(versions).last else {
        return .fail(
          .extensionVersion, subject, "the region has no version of it",
          remedy: "Correct publisher and type, or fail over to a region that has the extension.")
      }
      let short = last.split(separator: ".").prefix(2).joined(separator: ".")
      return .fail(
        .extensionVersion, subject, "the region has up to \(last), and none that fits",
        remedy: "Name a version that the region has in a profile: version: \"\(short)\".")
    case .failure(let fault) where fault.kind == .forbidden:
      let scope = ResourceID.subscription(region.subscription)
      return .warn(
        .extensionVersion, subject, "cannot be looked up (\(fault.code))",
        remedy: principal.grant([.readVersions], at: scope))
    case .failure(let fault): return .failed(.extensionVersion, subject, fault)
    }
  }

  public static func rule(
    _ id: ResourceID, _ answer: Result<RegionalResource?, Fault>, granting principal: Principal
  ) -> CheckResult {
    found(
      .dataCollectionRule, id.text, answer, missing: "Create the rule, or name another one in the profile.",
      forbidden: principal.grant([.readRule], at: id)
    ) { .pass(.dataCollectionRule, id.text, "there, in \($0.location)") }
  }

  public static func endpoint(
    _ id: ResourceID, in location: String, _ answer: Result<RegionalResource?, Fault>, granting principal: Principal
  ) -> CheckResult {
    let subject = "\(id.text) for machines in \(location)"
    return found(
      .dataCollectionEndpoint, subject, answer,
      missing: "Create the endpoint in \(location), or name another one of that region in the profile.",
      forbidden: principal.grant([.readEndpoint], at: id)
    ) { resource in
      guard resource.location != location else {
        return .pass(.dataCollectionEndpoint, subject, "there, in \(location)")
      }
      return .fail(
        .dataCollectionEndpoint, subject, "it is in \(resource.location), and serves machines of that region only",
        remedy: "Name an endpoint of \(location) in the profile: endpoints: {\(location): /subscriptions/…}.")
    }
  }

  public static func userAssignedIdentity(
    _ id: ResourceID, _ answer: Result<RegionalResource?, Fault>, granting principal: Principal
  ) -> CheckResult {
    found(
      .userAssignedIdentity, id.text, answer, missing: "Create the identity, or name another one in the profile.",
      forbidden: principal.grant([.readIdentity], at: id), isForbiddenBad: false
    ) { .pass(.userAssignedIdentity, id.text, "there, in \($0.location)") }
  }

  /// Source: Key Vault, Vaults, 2023-07-01: `enabledForDeployment` permits Compute to fetch secrets. That the vault must
  /// be in the machine's region and subscription is documented for Compute's other references; for this one it is not.
  public static func keyVault(
    _ id: ResourceID, secretURL: String, in region: ComputeRegion, _ answer: Result<RegionalResource?, Fault>,
    granting principal: Principal
  ) -> CheckResult {
    let subject = "\(id.text) for machines in \(region.location)"
    return found(
      .keyVault, subject, answer, missing: "Create the vault with its secret, or correct sourceVault in the profile.",
      forbidden: principal.grant([.readKeyVault], at: id), isForbiddenBad: false
    ) { resource in
      let host = secretURL.lowercased().split(separator: "/").dropFirst().first ?? ""
      if !host.hasPrefix(id.name.lowercased() + ".") {
        return .fail(
          .keyVault, subject, "secretUrl names another vault, \(host)",
          remedy: "Make secretUrl and sourceVault in the profile name the same vault.")
      }
      if resource.isEnabledForDeployment != true {
        return .fail(
          .keyVault, subject, "Compute may not fetch secrets from it (enabledForDeployment)",
          remedy: "az keyvault update --name \(id.name) --enabled-for-deployment true")
      }
      if resource.location != region.location || id.subscription.lowercased() != region.subscription {
        return .warn(
          .keyVault, subject, "it is in \(resource.location), subscription \(id.subscription)",
          remedy: "Keep a copy of the secret in a vault of \(region.location), subscription \(region.subscription):"
            + " Compute asks for that elsewhere.")
      }
      return .pass(.keyVault, subject, "there, and enabled for deployment")
    }
  }

  private static func found(
    _ check: Kind, _ subject: String, _ answer: Result<RegionalResource?, Fault>, missing: String, forbidden: String,
    isForbiddenBad: Bool = true, _ judge: (RegionalResource) -> CheckResult
  ) -> CheckResult {
    switch answer {
    case .success(let resource?): return judge(resource)
    case .success(nil):
      return .fail(check, subject, "does not exist, or the identity may not see it", remedy: missing)
    case .failure(let fault) where fault.kind == .forbidden:
      return CheckResult(
        check, isForbiddenBad ? .fail : .warn, subject, "may not be read (\(fault.code))", remedy: forbidden)
    case .failure(let fault): return .failed(check, subject, fault)
    }
  }
}

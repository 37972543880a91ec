public import RecoveryCore

/// Values for tests: an ERP web server that fails over from UK South to UK West. Each test changes what it is about.
public enum Samples {
  public static let vault = id(
    "/subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-dr")
  public static let source = id(
    "/subscriptions/1111/resourcegroups/rg-uks/providers/microsoft.compute/virtualmachines/erp-web-01")
  public static let recovered = id(
    "/subscriptions/1111/resourcegroups/rg-ukw/providers/microsoft.compute/virtualmachines/erp-web-01")
  public static let rule = id(
    "/subscriptions/1111/resourceGroups/rg-mon/providers/Microsoft.Insights/dataCollectionRules/dcr-web")
  public static let start = Timestamp(milliseconds: 1_770_113_700_000)
  public static let failedOver = Timestamp(milliseconds: 1_770_113_682_648)
  public static let lifecycle = "5d1d0d5e-0000-4000-8000-000000000001"

  public static func id(_ text: String) -> ResourceID {
    guard let id = ResourceID(text) else { preconditionFailure("not a resource id: \(text)") }
    return id
  }

  public static func item(_ edit: (inout ProtectedItem) -> Void = { _ in }) -> ProtectedItem {
    var item = ProtectedItem(
      id: id(
        "/Subscriptions/1111/resourceGroups/rg-vault/providers/Microsoft.RecoveryServices/vaults/kv-dr/replicationFabrics/uksouth/replicationProtectionContainers/c/replicationProtectedItems/PMsm9"
      ),
      name: "PMsm9", vault: vault, friendlyName: "erp-web-01", protectionState: ProtectionState("Protected"),
      activeLocation: "Primary", lifecycleID: lifecycle, fabricObjectID: source,
      testFailoverMachineName: "erp-web-01-test",
      recoveryMachineName: "erp-web-01", recoveryResourceGroup: id("/subscriptions/1111/resourceGroups/rg-ukw"),
      primary: .init(location: "UK South"), recovery: .init(location: "UK West"),
      initialPrimary: .init(location: "uksouth"), operatingSystem: .windows)
    edit(&item)
    return item
  }

  public static func failedOverItem(_ edit: (inout ProtectedItem) -> Void = { _ in }) -> ProtectedItem {
    item { item in
      item.protectionState = ProtectionState("UnplannedFailoverCommitPendingStatesBegin")
      item.activeLocation = "Recovery"
      item.recoveryFabricObjectID = recovered
      item.lastSuccessfulFailover = failedOver
      edit(&item)
    }
  }

  /// The machine after the failover: running, its agent ready, without identity, extensions and associations.
  public static func bareMachine(_ system: OperatingSystem = .windows, _ edit: (inout Machine) -> Void = { _ in })
    -> Machine
  {
    var machine = Machine(
      id: recovered, vmID: "b0000000-0000-4000-8000-00000000000b", location: "ukwest", operatingSystem: system,
      created: failedOver - .seconds(35), power: StatusCode("PowerState/running"),
      agent: VMAgent(
        version: "2.7.41491.1172", status: StatusCode("ProvisioningState/succeeded"),
        reported: failedOver + .seconds(60)),
      associations: [])
    edit(&machine)
    return machine
  }

  /// As the bare machine, with Azure Monitor Agent stuck as a failover leaves it.
  public static func stuckMachine() -> Machine {
    bareMachine { $0.handlers = [unresponsive("10/6/2023 5:50:06 AM")] }
  }

  public static func unresponsive(_ heartbeat: String, kind: ExtensionKind = .azureMonitorWindowsAgent)
    -> ExtensionHandler
  {
    ExtensionHandler(
      type: kind.handlerType, version: "1.20.0.0", status: StatusCode("ProvisioningState/Unresponsive"),
      message: "Handler \(kind.handlerType) of version 1.20.0.0 is unresponsive. Last heartbeat: \(heartbeat)")
  }

  /// What the tests' extensions are known to be.
  public static let catalogue = Catalogue([
    .init(kind: .azureMonitorWindowsAgent, replay: .restore, needsIdentity: true),
    .init(kind: .azureMonitorLinuxAgent, replay: .restore, needsIdentity: true),
    .init(kind: .dependencyAgentWindows, replay: .restore, after: [.azureMonitorWindowsAgent]),
    .init(kind: .dependencyAgentLinux, replay: .restore, after: [.azureMonitorLinuxAgent]),
    .init(kind: customScript, replay: .never, protectedSettings: .possible),
    .init(kind: diagnostics, replay: .restore, protectedSettings: .required),
    .init(kind: mobility, replay: .leave),
  ])
  public static let customScript = ExtensionKind(publisher: "Microsoft.Compute", type: "CustomScriptExtension")
  public static let diagnostics = ExtensionKind(publisher: "Microsoft.Azure.Diagnostics", type: "IaaSDiagnostics")
  public static let mobility = ExtensionKind(
    publisher: "Microsoft.Azure.RecoveryServices.SiteRecovery", type: "Windows")

  public static let profile = Profile(
    name: "web", identity: ManagedIdentity(hasSystemAssigned: true, userAssigned: []),
    extensions: [.azureMonitorAgent(), .dependencyAgent()],
    associations: [Association(name: "dcr-web", target: .rule(rule))])

  /// What a machine looks like when everything that the profile wants is there and well.
  public static func wellMachine(_ system: OperatingSystem = .windows) -> Machine {
    bareMachine(system) { machine in
      machine.identity = ManagedIdentity(hasSystemAssigned: true, userAssigned: [])
      for wanted in Requirements(profiles: [profile]).desired(for: machine).extensions {
        install(wanted.kind, on: &machine)
      }
      machine.associations = profile.associations
      machine.agent?.reported = start + .seconds(3600)
    }
  }

  public static func install(
    _ kind: ExtensionKind, on machine: inout Machine, state: String = "Succeeded", tag: String? = nil
  ) {
    machine.extensions.removeAll { $0.kind == kind }
    machine.extensions.append(
      ExtensionResource(name: kind.type, kind: kind, provisioningState: state, forceUpdateTag: tag))
    machine.handlers.removeAll { $0.type == kind.handlerType }
    machine.handlers.append(
      ExtensionHandler(type: kind.handlerType, version: "1.2.5.18", status: StatusCode("ProvisioningState/succeeded")))
  }
}

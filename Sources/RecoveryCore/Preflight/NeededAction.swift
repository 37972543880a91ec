/// An action of Azure's role-based access control that the watch or a heal needs, and why. What is not here is not used.
///
/// Source of the names: Azure RBAC, resource provider operations. Polling an operation is not in the list: its URL is
/// signed, and whether it also wants `Microsoft.Compute/locations/operations/read` is not known.
public enum NeededAction: String, Hashable, Sendable, CaseIterable {
  case readItems = "Microsoft.RecoveryServices/vaults/replicationProtectedItems/read"
  case readItem =
    "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems/read"
  case readJobs = "Microsoft.RecoveryServices/vaults/replicationJobs/read"
  case readPlans = "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans/read"
  case readMachine = "Microsoft.Compute/virtualMachines/read"
  case writeMachine = "Microsoft.Compute/virtualMachines/write"
  case readExtension = "Microsoft.Compute/virtualMachines/extensions/read"
  case writeExtension = "Microsoft.Compute/virtualMachines/extensions/write"
  case deleteExtension = "Microsoft.Compute/virtualMachines/extensions/delete"
  case readAssociation = "Microsoft.Insights/dataCollectionRuleAssociations/read"
  case writeAssociation = "Microsoft.Insights/dataCollectionRuleAssociations/write"
  case deleteAssociation = "Microsoft.Insights/dataCollectionRuleAssociations/delete"
  case readRule = "Microsoft.Insights/dataCollectionRules/read"
  case readEndpoint = "Microsoft.Insights/dataCollectionEndpoints/read"
  case readIdentity = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
  case assignIdentity = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
  case readKeyVault = "Microsoft.KeyVault/vaults/read"
  case deployFromKeyVault = "Microsoft.KeyVault/vaults/deploy/action"
  case readVersions = "Microsoft.Compute/locations/publishers/artifacttypes/types/versions/read"

  public var reason: String {
    switch self {
    case .readItems: "to see the protected items of the vault"
    case .readItem: "to ask for one item again before anything is touched"
    case .readJobs: "to name the failover job as evidence"
    case .readPlans: "to heal in the order of the recovery plans, and to lint them"
    case .readMachine: "to see the machine and its instance view"
    case .writeMachine: "to give the machine its managed identity back"
    case .readExtension: "to learn how an install ended when its operation is gone"
    case .writeExtension: "to install extensions"
    case .deleteExtension: "to remove stuck extensions"
    case .readAssociation: "to learn and to verify data collection rule associations"
    case .writeAssociation: "to associate data collection rules and endpoints again"
    case .deleteAssociation: "to take the rule of a test failover away again"
    case .readRule: "to see that the rule exists; associating it may ask for this as well"
    case .readEndpoint: "to see that the endpoint exists; associating it may ask for this as well"
    case .readIdentity: "to see that the identity exists"
    case .assignIdentity: "to assign the identity to the machine"
    case .readKeyVault: "to see that the vault exists, where, and what it is enabled for"
    case .deployFromKeyVault: "to have Azure fetch protected settings from the vault"
    case .readVersions: "to see which versions of an extension a region has"
    }
  }

  /// Whether a heal comes off without it: then its absence is a warning.
  public var isHelpful: Bool {
    switch self {
    case .readJobs, .readPlans, .readIdentity, .readKeyVault, .readVersions: true
    default: false
    }
  }

  public var isRead: Bool { rawValue.hasSuffix("/read") }

  /// The narrowest built-in role that has it; nil where only broad ones do, and a custom role is better.
  ///
  /// Source: Azure built-in roles.
  public var builtInRole: String? {
    switch self {
    case .readMachine, .writeMachine, .readExtension, .writeExtension, .deleteExtension: "Virtual Machine Contributor"
    case .readAssociation, .writeAssociation, .deleteAssociation: "Monitoring Contributor"
    case .readIdentity, .assignIdentity: "Managed Identity Operator"
    case .deployFromKeyVault: nil
    case .readItems, .readItem, .readJobs, .readPlans, .readRule, .readEndpoint, .readKeyVault, .readVersions: "Reader"
    }
  }
}

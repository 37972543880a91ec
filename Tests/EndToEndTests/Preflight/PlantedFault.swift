import Foundation
import RecoveryCore
import Testing

/// One thing that is wrong in an otherwise good set-up, and what `check` must say of it.
struct PlantedFault: Sendable, CustomTestStringConvertible {
  let name: String
  /// Changes the scenario, the configuration, or what is on this host.
  var scenario: @Sendable (String) -> String = { $0 }
  var configuration: @Sendable (String) -> String = { $0 }
  var host: @Sendable (Region) async throws -> Void = { _ in }
  /// Bodies for `/_simulator/faults`.
  var answers: [String] = []

  let check: CheckResult.Kind
  var outcome = CheckResult.Outcome.fail
  /// Parts of the result's subject, of what was found, and of the remedy.
  let subject: String
  let found: String
  let remedy: String
  /// Other checks that the fault may fail as well.
  var also: Set<CheckResult.Kind> = []

  var testDescription: String { name }

  static func replacing(_ text: String, with other: String) -> @Sendable (String) -> String {
    { yaml in
      if !yaml.contains(text) { Issue.record("nothing to replace: \(text)") }
      return yaml.replacing(text, with: other)
    }
  }

  static let subscription = "/subscriptions/5e000000-0000-4000-8000-000000000001"
  static let monitor = "\(subscription)/resourceGroups/rg-monitor/providers/Microsoft.Insights"
  static let source = "\(subscription)/resourceGroups/rg-erp-uks"
  static let recovery = "\(subscription)/resourceGroups/rg-erp-ukw"
  static let keyVault = "\(subscription)/resourceGroups/rg-secrets/providers/Microsoft.KeyVault/vaults/kv-erp"
  static let identity =
    "\(subscription)/resourceGroups/rg-identity/providers/Microsoft.ManagedIdentity/userAssignedIdentities/uai-ama"
  static let vault =
    "\(subscription)/resourceGroups/rg-vaults/providers/Microsoft.RecoveryServices/vaults/kv-dr-ukw"

  /// The roles of a scope are others.
  static func roles(at scope: String, _ entry: String) -> @Sendable (String) -> String {
    { yaml in
      guard let start = yaml.firstRange(of: "  - scope: \(scope)\n") else {
        Issue.record("no roles at \(scope)")
        return yaml
      }
      let rest = yaml[start.upperBound...]
      let end = rest.firstRange(of: "  - scope:")?.lowerBound ?? rest.firstRange(of: "rules:")?.lowerBound
      return yaml[..<start.lowerBound] + entry + rest[(end ?? rest.endIndex)...]
    }
  }
}

extension PlantedFault {
  /// Of the simulator's IMDS.
  private static let managedIdentity: @Sendable (String) -> String = { yaml in
    let endpoint = yaml.split(separator: "\n").first { $0.hasPrefix("endpoint: ") }?.dropFirst(10) ?? ""
    return yaml.replacing(
      "identity: {kind: token, token: simulator-token}",
      with: "identity: {kind: managedIdentity, imdsEndpoint: \"\(endpoint)\"}")
  }

  static let identities = [
    PlantedFault(
      name: "a managed identity without a role on the recovery side", scenario: roles(at: recovery, ""),
      configuration: managedIdentity,
      check: .permissions, subject: recovery, found: "lacks Microsoft.Compute/virtualMachines/extensions/delete",
      remedy:
        "az role assignment create --assignee-object-id 7e000000-0000-4000-8000-000000000001 --assignee-principal-type ServicePrincipal --role \"Virtual Machine Contributor\" --scope \(recovery)"
    ),
    PlantedFault(
      name: "no managed identity",
      scenario: { "hasNoIdentity: true\n" + $0 },
      configuration: managedIdentity,
      check: .identity, subject: "managedIdentity", found: "Identity not found",
      remedy: "Check the identity in the configuration"),
    PlantedFault(
      name: "a token that Azure does not take",
      configuration: replacing("token: simulator-token", with: "token: stale"),
      check: .vault, subject: vault, found: "InvalidAuthenticationToken", remedy: "Check the identity",
      also: [.recoveryPlan, .dataCollectionRule, .dataCollectionEndpoint]),
    PlantedFault(
      name: "Azure out of reach",
      configuration: { $0.replacing(/endpoint: http:\/\/127.0.0.1:\d+/, with: "endpoint: http://127.0.0.1:9") },
      check: .cloud, subject: "http://127.0.0.1:9", found: "Transport.", remedy: "Check the network"),
    PlantedFault(
      name: "a clock that is minutes off", scenario: { "clockSkew: 400\n" + $0 },
      check: .clock, subject: "this host's clock", found: "behind Azure", remedy: "timedatectl"),
    PlantedFault(
      name: "a clock that drifts", scenario: { "clockSkew: -120\n" + $0 },
      check: .clock, outcome: .warn, subject: "this host's clock", found: "ahead of Azure", remedy: "timedatectl"),
  ]

  static let permissions = [
    PlantedFault(
      name: "no role at the vault", scenario: roles(at: vault, ""),
      check: .vault, subject: vault, found: "AuthorizationFailed",
      remedy: "az role assignment create --assignee OBJECT_ID --role \"Reader\" --scope \(vault)", also: [.recoveryPlan]
    ),
    PlantedFault(
      name: "recovery plans may not be read",
      scenario: replacing("      - Microsoft.RecoveryServices/vaults/replicationRecoveryPlans/read\n", with: ""),
      check: .permissions, outcome: .warn, subject: vault, found: "replicationRecoveryPlans/read",
      remedy: "--role \"Reader\" --scope \(vault)", also: [.recoveryPlan]),
    PlantedFault(
      name: "extensions may not be removed on the source side",
      scenario: roles(
        at: source,
        "  - {scope: \(source), actions: [Microsoft.Compute/virtualMachines/*, Microsoft.Insights/*], notActions: ['*/delete']}\n"
      ),
      check: .permissions, subject: source, found: "lacks Microsoft.Compute/virtualMachines/extensions/delete",
      remedy: "--role \"Virtual Machine Contributor\" --scope \(source)"),
    PlantedFault(
      name: "the recovery side may only be read",
      scenario: roles(at: recovery, "  - {scope: \(recovery), actions: ['*/read']}\n"),
      check: .permissions, subject: recovery,
      found: "Microsoft.Compute/virtualMachines/write (to give the machine its managed identity back)",
      remedy:
        "--role \"Monitoring Contributor\" --scope \(recovery) && az role assignment create --assignee OBJECT_ID --role \"Virtual Machine Contributor\" --scope \(recovery)"
    ),
    PlantedFault(
      name: "no role on the recovery side", scenario: roles(at: recovery, ""),
      check: .permissions, subject: recovery, found: "lacks", remedy: "--role \"Virtual Machine Contributor\""),
    PlantedFault(
      name: "the recovery group is gone, by 404",
      answers: [
        #"{"match": "rg-erp-ukw/providers/Microsoft.Authorization", "times": 9, "status": 404, "body": "{\"error\":{\"code\":\"ResourceGroupNotFound\"}}"}"#
      ],
      check: .permissions, subject: recovery, found: "ResourceGroupNotFound", remedy: "Create it, or correct the id"),
    PlantedFault(
      name: "the recovery group is gone, by 403",
      answers: [
        #"{"match": "rg-erp-ukw/providers/Microsoft.Authorization", "times": 9, "status": 403, "body": "{\"error\":{\"code\":\"AuthorizationFailed\"}}"}"#
      ],
      check: .permissions, subject: recovery, found: "or does not exist", remedy: "Virtual Machine Contributor"),
    PlantedFault(
      name: "rules and endpoints may not be read",
      scenario: roles(at: "\(subscription)/resourceGroups/rg-monitor", ""),
      check: .dataCollectionRule, subject: "\(monitor)/dataCollectionRules/dcr-windows", found: "may not be read",
      remedy: "--role \"Reader\" --scope \(monitor)/dataCollectionRules/dcr-windows", also: [.dataCollectionEndpoint]),
    PlantedFault(
      name: "the user-assigned identity may not be assigned",
      scenario: replacing(", Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", with: ""),
      check: .permissions, subject: identity, found: "userAssignedIdentities/assign/action",
      remedy: "--role \"Managed Identity Operator\" --scope \(identity)"),
    PlantedFault(
      name: "nothing may be deployed from the Key Vault",
      scenario: replacing(", Microsoft.KeyVault/vaults/deploy/action", with: ""),
      check: .permissions, subject: keyVault, found: "Microsoft.KeyVault/vaults/deploy/action",
      remedy: "az role definition create"),
  ]

  static let regions = [
    PlantedFault(
      name: "a type that the recovery region does not have",
      scenario: replacing(
        "    userAssigned: [\(identity)]",
        with: "    userAssigned: [\(identity)]\n    options: {withdrawn: [IaaSDiagnostics]}"),
      check: .extensionVersion, subject: "Microsoft.Azure.Diagnostics.IaaSDiagnostics 1.5 in ukwest",
      found: "no version of it", remedy: "fail over to a region that has the extension"),
    PlantedFault(
      name: "a type without a version in the recovery region",
      scenario: { "versions: [{location: ukwest, type: AzureMonitorLinuxAgent, versions: []}]\n" + $0 },
      check: .extensionVersion, subject: "AzureMonitorLinuxAgent", found: "no version of it",
      remedy: "Correct publisher"),
    PlantedFault(
      name: "a version that the recovery region does not have yet",
      scenario: {
        "versions: [{location: ukwest, type: DependencyAgentLinux, versions: [9.5.0.1, 9.9.2.0, 8.10.1.1]}]\n" + $0
      },
      check: .extensionVersion, subject: "DependencyAgentLinux 9.10 in ukwest", found: "up to 9.9.2.0",
      remedy: "version: \"9.9\""),
    PlantedFault(
      name: "versions may not be listed",
      scenario: roles(at: subscription, ""),
      check: .extensionVersion, outcome: .warn, subject: "in ukwest",
      found: "cannot be looked up (AuthorizationFailed)",
      remedy: "--role \"Reader\" --scope \(subscription)"),
  ]

  static let resources = [
    PlantedFault(
      name: "a rule that does not exist", configuration: replacing("dcr-windows}]", with: "dcr-wimdows}]"),
      check: .dataCollectionRule, subject: "\(monitor)/dataCollectionRules/dcr-wimdows", found: "does not exist",
      remedy: "Create the rule"),
    PlantedFault(
      name: "an endpoint of another region",
      scenario: replacing("dce-ukwest: ukwest", with: "dce-ukwest: northeurope"),
      check: .dataCollectionEndpoint, subject: "\(monitor)/dataCollectionEndpoints/dce-ukwest for machines in ukwest",
      found: "it is in northeurope", remedy: "endpoints: {ukwest: "),
    PlantedFault(
      name: "an endpoint that does not exist",
      configuration: replacing("dataCollectionEndpoints/dce-ukwest", with: "dataCollectionEndpoints/dce-none"),
      check: .dataCollectionEndpoint, subject: "dce-none for machines in ukwest", found: "does not exist",
      remedy: "Create the endpoint in ukwest"),
    PlantedFault(
      name: "an identity that does not exist",
      scenario: roles(
        at: identity,
        "  - {scope: \(identity.replacing("/uai-ama", with: "").replacing("/providers/Microsoft.ManagedIdentity/userAssignedIdentities", with: "")), actions: [Microsoft.ManagedIdentity/*]}\n"
      ),
      configuration: replacing(
        "identity: {systemAssigned: true}",
        with: "identity: {systemAssigned: true, userAssigned: [\(identity.replacing("uai-ama", with: "uai-gone"))]}"),
      check: .userAssignedIdentity, subject: "uai-gone", found: "does not exist", remedy: "Create the identity",
      also: [.permissions]),
    PlantedFault(
      name: "a Key Vault that does not exist",
      scenario: replacing("  - {id: \(keyVault), location: ukwest}\n", with: ""), check: .keyVault, subject: keyVault,
      found: "does not exist", remedy: "sourceVault", also: [.permissions]),
    PlantedFault(
      name: "a Key Vault that is not enabled for deployment",
      scenario: replacing("location: ukwest}\n", with: "location: ukwest, enabledForDeployment: false}\n"),
      check: .keyVault, subject: "\(keyVault) for machines in ukwest", found: "enabledForDeployment",
      remedy: "az keyvault update --name kv-erp --enabled-for-deployment true"),
    PlantedFault(
      name: "a Key Vault of another region",
      scenario: replacing("kv-erp, location: ukwest}", with: "kv-erp, location: uksouth}"),
      check: .keyVault, outcome: .warn, subject: keyVault, found: "it is in uksouth", remedy: "a vault of ukwest"),
    PlantedFault(
      name: "a secret of another Key Vault",
      configuration: replacing("https://kv-erp.vault", with: "https://kv-old.vault"),
      check: .keyVault, subject: keyVault, found: "kv-old.vault.azure.net", remedy: "name the same vault"),
    PlantedFault(
      name: "a workspace that may not be queried",
      configuration: {
        $0 + "    data: {workspace: 0f000000-0000-4000-8000-000000000001, tables: [Heartbeat]}\n"
      },
      answers: [
        #"{"match": "/v1/workspaces/", "times": 9, "status": 403, "body": "{\"error\":{\"code\":\"InsufficientAccessError\"}}"}"#
      ],
      check: .workspace, subject: "table Heartbeat of workspace 0f000000-0000-4000-8000-000000000001",
      found: "InsufficientAccessError", remedy: "Log Analytics Reader"),
    PlantedFault(
      name: "an action of a recovery plan that never runs",
      scenario: replacing("failoverTypes: [TestFailover, UnplannedFailover]", with: "failoverTypes: []"),
      check: .recoveryPlan, outcome: .warn, subject: "plan-erp, action tell-operators", found: "actionNeverRuns",
      remedy: "Choose failover types"),
    PlantedFault(
      name: "a vault that does not exist", configuration: replacing("vaults/kv-dr-ukw", with: "vaults/kv-dr-uks"),
      check: .vault, subject: "vaults/kv-dr-uks", found: "AuthorizationFailed", remedy: "Reader", also: [.recoveryPlan]),
  ]
}

import RecoveryCore
import Testing

@Suite("Permissions")
struct PermissionTests {
  static let write = "Microsoft.Compute/virtualMachines/extensions/write"

  @Test(
    "match an action as Azure does: a star is any run of characters, and case does not count",
    arguments: [
      ("*", true), ("*/write", true), ("*/read", false), ("Microsoft.Compute/*", true), ("Microsoft.Compute", false),
      ("Microsoft.Compute/virtualMachines/*", true), ("Microsoft.Compute/virtualMachines/extensions/write", true),
      ("Microsoft.Compute/virtualMachines/extensions/writes", false),
      ("Microsoft.Compute/virtualMachines/extensions/writ", false), ("Microsoft.Compute/virtualMachines/write", false),
      ("microsoft.compute/VIRTUALMACHINES/Extensions/Write", true), ("Microsoft.Compute/*/write", true),
      ("Microsoft.Compute/*/extensions/*", true), ("Microsoft.Compute/*/delete", false), ("*/extensions/*", true),
      ("Microsoft.*/extensions/w*e", true), ("Microsoft.Insights/*", false), ("**", true), ("", false),
      ("*Microsoft.Compute/virtualMachines/extensions/write*", true), ("*/extensions/extensions/*", false),
      ("Microsoft.Compute/virtualMachines/extensions/*/write", true), ("Microsoft.Compute/*/virtualMachines/*/*", true),
    ])
  func wildcard(pattern: String, isAllowed: Bool) {
    #expect(Permission(actions: [pattern]).allows(Self.write) == isAllowed)
    #expect(
      Permission(actions: ["*"], notActions: [pattern]).allows(Self.write) == !isAllowed, "a role takes back alike")
  }

  @Test("of several roles add up: what one takes back, another gives")
  func several() {
    let contributor = Permission(actions: ["*"], notActions: ["*/delete", "Microsoft.Authorization/*"])
    let reader = Permission(actions: ["*/read"])
    let cleaner = Permission(actions: ["Microsoft.Compute/virtualMachines/extensions/delete"])
    #expect([contributor, reader].allow(.writeExtension))
    #expect(![contributor, reader].allow(.deleteExtension))
    #expect([contributor, reader, cleaner].allow(.deleteExtension))
    #expect(!([] as [Permission]).allow(.readMachine))
    #expect(!Permission(actions: []).allows(Self.write))
  }
}

@Suite("The table of needed actions")
struct NeededActionTests {
  @Test("has a reason for each, and names each once", arguments: NeededAction.allCases)
  func reason(action: NeededAction) {
    #expect(action.reason.hasPrefix("to "), "it completes 'is needed …'")
    #expect(action.rawValue.hasPrefix("Microsoft.") && action.rawValue.split(separator: "/").count >= 3)
    #expect(action.isRead || ["write", "delete", "action"].contains(action.rawValue.split(separator: "/").last))
    #expect(NeededAction.allCases.filter { $0.rawValue.lowercased() == action.rawValue.lowercased() }.count == 1)
  }

  /// What the built-in roles allow, as far as it concerns us. Source: Azure built-in roles.
  static let roles = [
    "Reader": Permission(actions: ["*/read"]),
    "Virtual Machine Contributor": Permission(actions: [
      "Microsoft.Authorization/*/read", "Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/locations/*",
    ]),
    "Monitoring Contributor": Permission(actions: [
      "*/read", "Microsoft.Insights/dataCollectionRules/*", "Microsoft.Insights/dataCollectionRuleAssociations/*",
    ]),
    "Managed Identity Operator": Permission(actions: [
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.Authorization/*/read",
    ]),
  ]

  @Test("names a built-in role that has the action", arguments: NeededAction.allCases)
  func role(action: NeededAction) throws {
    guard let name = action.builtInRole else { return }
    let role = try #require(Self.roles[name], "\(name)")
    #expect(role.allows(action.rawValue), "\(name)")
  }

  static let scope = ResourceID("/subscriptions/1/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv")!

  @Test("gives commands: one for each role, and a custom role where the built-in ones are too broad")
  func commands() {
    let known = Principal(source: "managed identity", objectID: "11111111-2222-3333-4444-555555555555")
    #expect(
      known.grant([.writeExtension, .deleteExtension, .writeAssociation], at: .subscription("1"))
        == #"az role assignment create --assignee-object-id 11111111-2222-3333-4444-555555555555 --assignee-principal-type ServicePrincipal --role "Monitoring Contributor" --scope /subscriptions/1 && az role assignment create --assignee-object-id 11111111-2222-3333-4444-555555555555 --assignee-principal-type ServicePrincipal --role "Virtual Machine Contributor" --scope /subscriptions/1"#
    )
    #expect(
      Principal(source: "fixed token").grant([.deployFromKeyVault], at: Self.scope)
        == #"az role definition create --role-definition '{"Name": "Aftercare vaults deploy action", "Actions": ["Microsoft.KeyVault/vaults/deploy/action"], "AssignableScopes": ["/subscriptions/1"]}' && az role assignment create --assignee OBJECT_ID --role "Aftercare vaults deploy action" --scope \#(Self.scope)"#
    )
  }
}

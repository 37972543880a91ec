import AftercareTesting
import AzureCloud
import RecoveryCore
import Testing

@Suite("What Azure says")
struct DecodingTests {
  static func page(_ body: String) async throws -> ItemPage {
    try await ARMTests.cloud(ScriptedExchange([.init(body: body)])).protectedItems(
      in: Samples.vault, page: nil, unless: nil)
  }

  @Test("of an item is read as recorded, sentinels and all; a row that cannot be read costs no other")
  func item() async throws {
    let page = try await Self.page(
      #"""
      {"nextLink": null, "value": [
        {"name": "broken"},
        {"id": "/Subscriptions/1/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v/replicationFabrics/f/replicationProtectionContainers/c/replicationProtectedItems/i",
         "name": "i", "properties": {"friendlyName": "erp", "protectionState": "UnplannedFailoverCommitted", "activeLocation": "Recovery",
          "lastSuccessfulFailoverTime": "2026-02-03T10:14:42.6483072Z", "allowedOperations": ["SwitchProtection"],
          "currentScenario": {"scenarioName": "None", "startTime": "1753-01-01T01:01:01Z"},
          "providerSpecificDetails": {"instanceType": "A2A", "lifecycleId": null, "primaryFabricLocation": "UK South", "recoveryFabricLocation": "ukwest",
           "primaryAvailabilityZone": "", "recoveryAvailabilityZone": "2", "initialPrimaryFabricLocation": "uksouth", "osType": "Windows",
           "fabricObjectId": "/subscriptions/1/resourcegroups/a/providers/microsoft.compute/virtualmachines/erp",
           "recoveryAzureVMName": "erp", "recoveryAzureResourceGroupId": "/subscriptions/2/resourceGroups/b", "rpoInSeconds": "odd"}}}]}
      """#)
    #expect(page.unreadable.count == 1)
    let item = try #require(page.items.first)
    #expect(item.scenario == nil && item.lifecycleID == nil)
    #expect(item.lastSuccessfulFailover?.iso8601 == "2026-02-03T10:14:42.648Z")
    #expect(
      item.liveMachineID
        == ResourceID("/subscriptions/2/resourcegroups/b/providers/microsoft.compute/virtualmachines/ERP"))
    #expect(item.livePlace == .init(location: "ukwest", zone: "2"))
    #expect(item.isFailedOverOrReversed)
  }

  @Test("once more, byte for byte, is not read again; of other bytes it is")
  func known() async throws {
    let row = #"{"id": "/subscriptions/1/x/y", "name": "i", "properties": {}}"#
    let exchange = ScriptedExchange(
      [#"{"value": [\#(row)], "nextLink": null}"#, #"{"value": [\#(row)], "nextLink": null}"#, #"{"value": []}"#].map {
        .init(body: $0)
      })
    let cloud = ARMTests.cloud(exchange)
    let first = try await cloud.protectedItems(in: Samples.vault, page: nil, unless: nil)
    let page = KnownPage(digest: try #require(first.digest), keys: [ItemKey("i")], next: "https://next")
    let second = try await cloud.protectedItems(in: Samples.vault, page: nil, unless: page)
    #expect(second.known == page && second.next == page.next && second.items.isEmpty)
    let third = try await cloud.protectedItems(in: Samples.vault, page: nil, unless: page)
    #expect(third.known == nil && third.next == nil)
  }

  @Test("of a machine is read whatever is missing")
  func machine() async throws {
    let bare =
      #"{"id": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m", "properties": {"vmId": "V"}}"#
    let machine = try #require(
      try await ARMTests.cloud(ScriptedExchange([.init(body: bare)])).machine(Samples.recovered))
    #expect(machine.agent == nil && machine.handlers.isEmpty && machine.power == nil && machine.operatingSystem == nil)
    #expect(machine.pair.vmID == "v")
  }

  @Test("of a stuck extension is read with its handler, its agent and its children")
  func stuck() async throws {
    let body = #"""
      {"id": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m", "location": "UK West", "tags": {"a": "b"},
       "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {"/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
       "resources": [{"id": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m/extensions/own", "properties": {"publisher": "P.Q", "type": "T", "provisioningState": "Succeeded", "forceUpdateTag": "f"}}],
       "properties": {"vmId": "V", "provisioningState": "Succeeded", "storageProfile": {"osDisk": {"osType": "Linux"}},
        "instanceView": {"statuses": [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/running"}],
         "vmAgent": {"vmAgentVersion": "2", "statuses": [{"code": "ProvisioningState/succeeded", "time": "2024-07-01T23:11:22+00:00"}],
          "extensionHandlers": [{"type": "P.Q.T", "typeHandlerVersion": "1.20.0.0", "status": {"code": "ProvisioningState/Unresponsive/3", "message": "Handler P.Q.T of version 1.20.0.0 is unresponsive. Last heartbeat: 10/6/2023 5:50:06 AM"}}]}}}}
      """#
    let machine = try #require(
      try await ARMTests.cloud(ScriptedExchange([.init(body: body)])).machine(Samples.recovered))
    let kind = ExtensionKind(publisher: "p.q", type: "t")
    #expect(machine.resource(kind)?.name == "own" && machine.resource(kind)?.forceUpdateTag == "f")
    #expect(machine.handler(kind)?.status?.state == "unresponsive")
    #expect(machine.handler(kind)?.lastHeartbeat?.iso8601 == "2023-10-06T05:50:06Z")
    #expect(machine.identity.hasSystemAssigned && machine.identity.userAssigned.count == 1)
    #expect(machine.isRunning && machine.isAgentReady && machine.operatingSystem == .linux)
  }

  @Test("in a list that ends in itself is refused")
  func circle() async {
    let url = "https://management.azure.com\(Samples.vault.text)/replicationProtectedItems?api-version=2025-08-01"
    let page = ScriptedExchange.Answer(body: #"{"value": [{}], "nextLink": "\#(url)"}"#)
    let exchange = ScriptedExchange([page, page, page])
    let fault = await ARMTests.fault {
      var pages = ARMTests.cloud(exchange).itemPages(of: Samples.vault)
      while try await pages.next() != nil {}
    }
    #expect(fault?.code == "EndlessPages")
    #expect(exchange.asked.count == 2)
  }

  @Test("A recovery plan is read with its groups in order and the actions of both ends")
  func recoveryPlan() async throws {
    let item =
      "/Subscriptions/1/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/replicationProtectedItems/i"
    let body = """
      {"value":[{"name":"plan-erp","properties":{"groups":[
        {"groupType":"Boot","replicationProtectedItems":[{"id":"\(item)","virtualMachineId":"g"}],
         "startGroupActions":[{"actionName":"ask","failoverTypes":[],"failoverDirections":["PrimaryToRecovery"],
           "customDetails":{"instanceType":"ManualActionDetails"}}],
         "endGroupActions":[{"actionName":"fix","failoverTypes":["UnplannedFailover"],
           "failoverDirections":["PrimaryToRecovery"],
           "customDetails":{"instanceType":"AutomationRunbookActionDetails","runbookId":"/r/fix"}}]}]}},
        {"name":"bare","properties":{}}],"nextLink":null}
      """
    let plans = try await ARMTests.cloud(ScriptedExchange([.init(body: body)])).recoveryPlans(in: Samples.vault)
    #expect(plans.map(\.name) == ["plan-erp", "bare"])
    #expect(plans[0].order == [Samples.id(item): 1])
    #expect(plans[0].groups[0].actions.map(\.name) == ["ask", "fix"])
    #expect(plans[0].groups[0].actions[1].runbook == "/r/fix")
  }
}

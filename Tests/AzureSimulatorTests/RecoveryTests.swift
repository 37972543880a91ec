import Foundation
import Testing

@testable import AzureSimulator

@Suite("The simulated Site Recovery")
struct RecoveryTests {
  private func act(_ stage: Stage, _ verb: String, _ body: String = #"{"items": ["erp-web-01"]}"#) async {
    #expect(await stage.ask("POST", "/_simulator/\(verb)", body).status == 200)
  }

  /// The item's row in its vault's list.
  private func row(_ stage: Stage, _ name: String = "erp-web-01") async throws -> JSON {
    var target = "\(stage.azure.scenario.vaultIDs[0])/replicationProtectedItems?api-version=1"
    while true {
      let page = try await stage.read(target)
      if let found = page["value"]?.elements.first(where: { $0["properties"]?["friendlyName"]?.string == name }) {
        return found
      }
      target = try #require(page["nextLink"]?.string, "the item is not listed").replacing("http://sim", with: "")
    }
  }

  private func places(_ row: JSON) -> [String?] {
    let details = row["properties"]?["providerSpecificDetails"]
    let group = { (id: String?) in id?.split(separator: "/").dropFirst(3).first.map(String.init) }
    return [
      row["id"]?.string?.split(separator: "/").dropFirst(9).first.map(String.init),
      row["properties"]?["activeLocation"]?.string, details?["primaryFabricLocation"]?.string,
      details?["initialPrimaryFabricLocation"]?.string, group(details?["fabricObjectId"]?.string),
      group(details?["recoveryFabricObjectId"]?.string), details?["lifecycleId"]?.string.map { _ in "L" },
    ]
  }

  @Test("keeps every id of an item consistent through failover, re-protect, failback and failing over again")
  func cycle() async throws {
    let stage = try Stage()
    let uks = "asr-a2a-default-uksouth"
    let ukw = "asr-a2a-default-ukwest"
    var ids: Set<String> = []
    for round in 1...2 {
      #expect(try await places(row(stage)) == [uks, "Primary", "uksouth", "uksouth", "rg-erp-uks", nil, "L"])
      await act(stage, "failover")
      stage.clock.advance(by: 150)
      #expect(try await places(row(stage)) == [uks, "Recovery", "uksouth", "uksouth", "rg-erp-uks", "rg-erp-ukw", "L"])
      await act(stage, "commit")
      await act(stage, "reprotect")
      #expect(try await places(row(stage)) == [ukw, "Primary", "ukwest", "uksouth", "rg-erp-ukw", nil, nil])
      #expect(await stage.ask("GET", "\(Stage.source)?api-version=1").status == 404, "re-protect deletes it")
      await act(stage, "failover")
      stage.clock.advance(by: 2401)
      #expect(try await places(row(stage)) == [ukw, "Primary", "ukwest", "uksouth", "rg-erp-ukw", nil, "L"])
      await act(stage, "failover")
      stage.clock.advance(by: 150)
      #expect(try await places(row(stage)) == [ukw, "Recovery", "ukwest", "uksouth", "rg-erp-ukw", "rg-erp-uks", "L"])
      await act(stage, "commit")
      await act(stage, "reprotect")
      stage.clock.advance(by: 2401)
      for machine in [Stage.source, Stage.recovered] {
        let found = try await stage.read("\(machine)?api-version=1")["properties"]?["vmId"]?.string
        if let found { ids.insert(found) }
      }
      #expect(ids.count == round, "each failover makes a machine of its own")
    }
  }

  @Test("makes a new machine of another recovery point, under the same id")
  func changePit() async throws {
    let stage = try Stage()
    await stage.failOver()
    _ = await stage.put("AzureMonitorWindowsAgent")
    let before = try await stage.read("\(Stage.recovered)?api-version=1")["properties"]?["vmId"]?.string
    await act(stage, "changePit")
    let machine = try await stage.read("\(Stage.recovered)?api-version=1")
    #expect(machine["properties"]?["vmId"]?.string != before)
    stage.clock.advance(by: 120)
    #expect(
      try await stage.read("\(Stage.recovered)?api-version=1")["resources"] == nil, "the install was of the other")
  }

  @Test("hides the test machine's id where the scenario says so, and lets its state linger")
  func testFailover() async throws {
    for isHidden in [true, false] {
      let stage = try Stage("plain") {
        $0.replacing(
          "    count: 3\n    os: windows",
          with:
            "    count: 3\n    options: {hidesTestMachineID: \(isHidden), lingeringTestState: \(isHidden)}\n    os: windows"
        )
      }
      await act(stage, "testFailover")
      let properties = try #require(await row(stage)["properties"])
      let details = properties["providerSpecificDetails"]
      #expect((details?["testFailoverRecoveryFabricObjectId"]?.string == nil) == isHidden)
      #expect(details?["tfoAzureVMName"]?.string == "erp-web-01-test")
      #expect(properties["testFailoverState"]?.string == "WaitingForCompletion")
      #expect(properties["protectionState"]?.string == "Protected")
      await act(stage, "testFailoverCleanup")
      #expect(
        try await row(stage)["properties"]?["testFailoverState"]?.string == (isHidden ? "MarkedForDeletion" : "None"))
      #expect(await stage.ask("GET", "\(Stage.recovered)-test?api-version=1").status == 404)
    }
  }

  @Test("lets people stop, start, remove and disable")
  func people() async throws {
    let stage = try Stage()
    await act(stage, "stop")
    let isStopped = await stage.ask("GET", "\(Stage.source)/instanceView?api-version=1").body
    #expect(isStopped.contains("PowerState/deallocated"))
    #expect(try await stage.truth().machines.first { $0.item == "erp-web-01" }?.sendingSince == nil)
    await act(stage, "start")
    stage.clock.advance(by: 90)
    #expect(await stage.ask("GET", "\(Stage.source)/instanceView?api-version=1").body.contains("\"Ready\""))
    #expect(try await stage.truth().machines.first { $0.item == "erp-web-01" }?.sendingSince != nil)
    await act(stage, "removeExtension", #"{"items": ["erp-web-01"], "extension": "AzureMonitorWindowsAgent"}"#)
    let machine = try #require(await stage.truth().machines.first { $0.item == "erp-web-01" })
    #expect(machine.extensions.isEmpty && machine.before.extensions.isEmpty && machine.writes == 0)
    await act(stage, "unknownState", #"{"items": ["erp-web-01"], "state": "Odd"}"#)
    #expect(try await row(stage)["properties"]?["protectionState"]?.string == "Odd")
    await act(stage, "disableProtection")
    let list = await stage.ask("GET", "\(stage.azure.scenario.vaultIDs[0])/replicationProtectedItems?api-version=1")
    #expect(!list.body.contains("erp-web-01"))
    #expect(await stage.ask("POST", "/_simulator/failover", #"{"items": ["erp-web-01"]}"#).status == 404)
    #expect(await stage.ask("POST", "/_simulator/removeExtension", #"{"all": true}"#).status == 400)
  }

  @Test("lets a recovered machine's guest agent fall silent, and names the cluster of its members")
  func silentAgent() async throws {
    let stage = try Stage("cluster") {
      $0.replacing("failoverState: FailoverCompleted", with: "failoverState: FailoverCompleted, agentSilentAfter: 30")
    }
    let machine = Stage.recovered.replacing("erp-web", with: "erp-sql")
    let seconds: [Double] = [600, 146, 60, 30]
    var views: [Bool] = []
    for step in seconds {
      stage.clock.advance(by: step)
      views.append(await stage.ask("GET", "\(machine)/instanceView?api-version=1").body.contains("\"Ready\""))
    }
    #expect(views == [false, false, true, false])
    let properties = try #require(await row(stage, "erp-sql-01")["properties"])
    #expect(properties["protectionState"]?.string == "FailoverCompleted")
    let cluster = properties["providerSpecificDetails"]?["protectionClusterId"]?.string
    #expect(cluster?.hasSuffix("/replicationProtectionClusters/erp-sql") == true)
  }

  @Test("gives Azure Policy its turn: others are refused while it installs")
  func policy() async throws {
    let stage = try Stage("policy-installs")
    stage.clock.advance(by: 600)
    _ = await stage.ask("GET", "/_simulator/clock")
    stage.clock.advance(by: 111)
    _ = await stage.ask("GET", "/_simulator/clock")
    stage.clock.advance(by: 90)
    let refused = await stage.put("AzureMonitorWindowsAgent")
    #expect(refused.status == 409, "\(refused.body)")
    stage.clock.advance(by: 60)
    let machine = try #require(await stage.truth().machines.first { $0.item == "erp-web-01" && $0.role == "live" })
    #expect(machine.extensions.first?.provisioningState == "Succeeded")
    #expect(machine.extensions.first?.handlerCode == "ProvisioningState/Unresponsive", "it looks at resources only")
  }
}

extension JSON {
  var elements: [JSON] {
    guard case .array(let values) = self else { return [] }
    return values
  }
}

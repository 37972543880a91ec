import Foundation
import Testing

@testable import AzureSimulator

@Suite("The simulated Azure")
struct AnsweringTests {
  static let monitor =
    "/subscriptions/5e000000-0000-4000-8000-000000000001/resourceGroups/rg-monitor/providers/Microsoft.Insights"
  static let rule = "\(monitor)/dataCollectionRules/dcr-windows"

  private func associate(_ machine: String, _ name: String, _ body: String) -> (String, String) {
    (
      "\(machine)/providers/Microsoft.Insights/dataCollectionRuleAssociations/\(name)?api-version=1",
      "{\"properties\": {\(body)}}"
    )
  }

  private static func options(_ words: String) -> (String) -> String {
    { $0.replacing("    os: windows", with: "    os: windows\n    options: {\(words)}") }
  }

  @Test("keeps an extension as it was sent, but for what is protected")
  func settings() async throws {
    let stage = try Stage()
    await stage.failOver()
    let made = await stage.ask(
      "PUT", "\(Stage.recovered)/extensions/Odd?api-version=1",
      #"{"location": "UK West", "properties": {"publisher": "P.Q", "type": "T", "typeHandlerVersion": "1.0", "settings": {"b": null, "a": [1, 2.5, "x", {"c": true}]}, "protectedSettings": {"key": "secret"}, "provisionAfterExtensions": ["First"], "enableAutomaticUpgrade": false, "suppressFailures": true}}"#
    )
    #expect(made.status == 201)
    let properties = try await stage.read("\(Stage.recovered)/extensions/odd?api-version=1")["properties"]
    #expect(properties?["settings"]?.text == #"{"a":[1,2.5,"x",{"c":true}],"b":null}"#)
    #expect(properties?["provisionAfterExtensions"]?.text == #"["First"]"#)
    #expect(properties?["enableAutomaticUpgrade"]?.text == "false")
    #expect(properties?["suppressFailures"]?.text == "true")
    #expect(!made.body.contains("secret") && properties?["protectedSettings"] == nil)
    #expect(properties?["instanceView"] == nil)
    let view = try await stage.read("\(Stage.recovered)/extensions?api-version=1&$expand=instanceView")
    #expect(view["value"]?.elements.first?["properties"]?["instanceView"]?["name"]?.string == "Odd")
    let machine = try await stage.read("\(Stage.recovered)?api-version=1")
    #expect(machine["resources"]?.elements.first?["name"]?.string == "Odd")
  }

  @Test("tells text in a scenario's settings from numbers and truth values")
  func textSettings() throws {
    let text = #"settings: {a: "3", b: 3, c: "true", d: true, e: "2.5", f: 2.5, g: 'no', h: "", i: null}"#
    let stage = try Stage("plain") {
      $0.replacing("[AzureMonitorAgent]", with: "[{type: AzureMonitorAgent, \(text)}]")
    }
    let settings = stage.azure.scenario.machines.first?.extensions.first?.settings
    #expect(
      settings?.text == #"{"a":"3","b":3,"c":"true","d":true,"e":"2.5","f":2.5,"g":"no","h":"","i":null}"#)
  }

  @Test("fails an install that lacks the protected settings it needs", arguments: [true, false])
  func protectedSettings(hasThem: Bool) async throws {
    let stage = try Stage("protected-settings")
    stage.clock.advance(by: 600)
    _ = await stage.ask("GET", "/_simulator/clock")
    stage.clock.advance(by: 150)
    _ = await stage.ask("GET", "/_simulator/clock")
    stage.clock.advance(by: 100)
    let machine = Stage.recovered.replacing("erp-web-01", with: "erp-db-01")
    _ = await stage.ask(
      "PUT", "\(machine)/extensions/IaaSDiagnostics?api-version=1",
      """
      {"location": "ukwest", "properties": {"publisher": "Microsoft.Azure.Diagnostics", "type": "IaaSDiagnostics",
       "typeHandlerVersion": "1.5"\(hasThem ? #", "protectedSettings": {"storageAccountKey": "k"}"# : "")}}
      """)
    stage.clock.advance(by: 40)
    _ = await stage.ask("GET", "/_simulator/clock")
    let state = try await stage.read("\(machine)/extensions/IaaSDiagnostics?api-version=1")["properties"]
    #expect(state?["provisioningState"]?.string == (hasThem ? "Succeeded" : "Failed"))
  }

  @Test("lists a rule's associations in lower case, and plays both answers for those of a machine that is gone")
  func orphans() async throws {
    for areKept in [true, false] {
      let stage = try Stage("plain", Self.options("orphanAssociations: \(areKept)"))
      let list = "\(Self.rule)/associations?api-version=1"
      #expect(try await stage.read(list)["value"]?.elements.count == 3)
      _ = await stage.ask("POST", "/_simulator/machine", #"{"id": "\#(Stage.source)", "exists": false}"#)
      let rows = try #require(await stage.read(list)["value"]?.elements)
      #expect(rows.count == (areKept ? 3 : 2))
      #expect(
        rows.allSatisfy {
          $0["id"]?.string?.hasPrefix("/subscriptions/5e000000-0000-4000-8000-000000000001/resourcegroups/") == true
        })
      let (target, _) = associate(Stage.source, "dcr-windows", "")
      #expect(await stage.ask("GET", target).status == (areKept ? 200 : 404))
      #expect(await stage.ask("DELETE", target).status == (areKept ? 200 : 404))
      #expect(try await stage.read(list)["value"]?.elements.count == 2)
    }
  }

  @Test("wants an endpoint of the machine's own region, under its one name")
  func endpoints() async throws {
    let stage = try Stage()
    await stage.failOver()
    func put(_ name: String, _ endpoint: String) async -> Int {
      let (target, body) = associate(
        Stage.recovered, name, #""dataCollectionEndpointId": "\#(Self.monitor)/dataCollectionEndpoints/\#(endpoint)""#)
      return await stage.ask("PUT", target, body).status
    }
    #expect(await put("configurationAccessEndpoint", "dce-uksouth") == 400)
    #expect(await put("configurationAccessEndpoint", "dce-nowhere") == 404)
    #expect(await put("another", "dce-ukwest") == 400)
    #expect(await put("configurationAccessEndpoint", "dce-ukwest") == 200)
    let found = try await stage.read("\(Self.monitor)/dataCollectionEndpoints/dce-ukwest?api-version=1")
    #expect(found["location"]?.string == "ukwest")
  }

  @Test("answers a removal on a machine that is gone as the scenario says", arguments: [404, 204])
  func missingMachine(status: Int) async throws {
    let stage = try Stage("plain", Self.options("deleteMissingVM: \(status)"))
    _ = await stage.ask("POST", "/_simulator/machine", #"{"id": "\#(Stage.source)", "exists": false}"#)
    #expect(
      await stage.ask("DELETE", "\(Stage.source)/extensions/AzureMonitorWindowsAgent?api-version=1").status == status)
  }

  @Test("has the versions of a region, and nothing of a withdrawn type")
  func withdrawn() async throws {
    let stage = try Stage("withdrawn-type")
    func versions(_ location: String) async throws -> [String] {
      try await stage.read(
        "/subscriptions/s/providers/Microsoft.Compute/locations/\(location)/publishers/Microsoft.Azure.Monitoring.DependencyAgent/artifacttypes/vmextension/types/DependencyAgentWindows/versions?api-version=1"
      ).elements.compactMap { $0["name"]?.string }
    }
    #expect(try await versions("uksouth") == ["9.10.0.0", "9.10.5.18"])
    #expect(try await versions("ukwest").isEmpty)
  }

  @Test("finds a heartbeat in Log Analytics once data flows, a while after it was sent")
  func heartbeat() async throws {
    let stage = try Stage()
    func ask(_ machine: String) async throws -> String? {
      let query = #"Heartbeat | where _ResourceId =~ '\#(machine)' | summarize max(TimeGenerated)"#
      let answer = await stage.ask("POST", "/v1/workspaces/w/query", #"{"query": "\#(query)", "timespan": "PT1H"}"#)
      let document = try JSONDecoder().decode(JSON.self, from: Data(answer.body.utf8))
      let table = document["tables"]?.elements.first
      #expect(table?["columns"]?.elements.first?["name"]?.string == "max_TimeGenerated")
      return table?["rows"]?.elements.first?.elements.first?.string
    }
    await stage.failOver()
    #expect(try await ask(Stage.recovered) == nil)
    #expect(
      await stage.ask("DELETE", "\(Stage.recovered)/extensions/AzureMonitorWindowsAgent?api-version=1").status == 204)
    _ = await stage.put("AzureMonitorWindowsAgent")
    let (target, body) = associate(Stage.recovered, "dcr-windows", #""dataCollectionRuleId": "\#(Self.rule)""#)
    _ = await stage.ask("PUT", target, body)
    _ = await stage.ask("PATCH", "\(Stage.recovered)?api-version=1", #"{"identity": {"type": "SystemAssigned"}}"#)
    stage.clock.advance(by: 31)
    #expect(
      await stage.ask("PATCH", "\(Stage.recovered)?api-version=1", #"{"identity": {"type": "SystemAssigned"}}"#).status
        == 200)
    stage.clock.advance(by: 60)
    #expect(try await ask(Stage.recovered) == nil, "it takes a while to arrive")
    stage.clock.advance(by: 200)
    #expect(try await ask(Stage.recovered) != nil)
  }

  @Test("takes an identity away by null, and keeps the others")
  func identity() async throws {
    let stage = try Stage()
    func patch(_ identities: String) async {
      _ = await stage.ask(
        "PATCH", "\(Stage.source)?api-version=1",
        #"{"identity": {"type": "UserAssigned", "userAssignedIdentities": {\#(identities)}}}"#)
      stage.clock.advance(by: 10)
    }
    await patch(#""/one": {}, "/two": {}"#)
    await patch(#""/ONE": null, "/three": {}"#)
    #expect(try await stage.truth().machines.first { $0.item == "erp-web-01" }?.userAssigned == ["/three", "/two"])
  }

  @Test("lists every request that was to change something, with its answer and whose machine it met")
  func writes() async throws {
    let stage = try Stage()
    await stage.failOver()
    _ = await stage.put("AzureMonitorWindowsAgent")
    _ = await stage.ask("DELETE", "\(Stage.source)/extensions/none?api-version=1")
    _ = await stage.ask("PUT", "/subscriptions/s/nothing?api-version=1", "{}")
    let writes = try await stage.truth().writes
    #expect(writes.map(\.role) == ["live", "former", "none"])
    #expect(writes.map(\.status) == [201, 204, 404])
    #expect(writes.map(\.item) == ["erp-web-01", "erp-web-01", nil])
    #expect(writes.first?.path == "\(Stage.recovered)/extensions/AzureMonitorWindowsAgent")
  }

  @Test("keeps the documented buckets where the scenario says so, and none otherwise", arguments: ["real", "none"])
  func limits(kind: String) async throws {
    let stage = try Stage("plain") { $0.replacing("name: plain", with: "name: plain\nlimits: \(kind)") }
    let target = "\(Stage.source)/extensions/none?api-version=1"
    var answers: [SimulatedResponse] = []
    for _ in 1...13 { answers.append(await stage.ask("DELETE", target)) }
    #expect(answers.dropLast().allSatisfy { $0.status == 204 })
    let last = try #require(answers.last)
    guard kind == "real" else {
      #expect(last.status == 204)
      return
    }
    #expect(last.status == 429)
    let wait = try #require(last.headers.first { $0.0 == "Retry-After" }.flatMap { Double($0.1) })
    #expect(wait == 15, "four in a minute")
    let left = answers[11].headers.first { $0.0 == "x-ms-ratelimit-remaining-resource" }?.1
    #expect(left == "Microsoft.Compute/UpdateVMResource;0")
    #expect(answers[11].headers.contains { $0 == ("x-ms-ratelimit-remaining-subscription-deletes", "188") })
    stage.clock.advance(by: wait)
    #expect(await stage.ask("DELETE", target).status == 204)
    #expect(await stage.ask("DELETE", target).status == 429)
  }

  @Test("keeps the resource manager's buckets so many times as large from when it is told")
  func limitsByNumber() async throws {
    let stage = try Stage()
    let target = "\(Stage.source)/extensions?api-version=1"
    func reads(_ count: Int) async -> [SimulatedResponse] {
      var answers: [SimulatedResponse] = []
      for _ in 1...count { answers.append(await stage.ask("GET", target)) }
      return answers
    }
    #expect(await reads(300).allSatisfy { $0.status == 200 }, "there is none yet")
    #expect(await stage.ask("POST", "/_simulator/limits", #"{"limits": 0.02}"#).status == 200)
    let answers = await reads(6)
    #expect(answers.map(\.status) == [200, 200, 200, 200, 200, 429], "a fiftieth of 250")
    #expect(answers[0].headers.contains { $0 == ("x-ms-ratelimit-remaining-subscription-reads", "4") })
    #expect(answers[5].headers.contains { $0 == ("Retry-After", "2") }, "one in two seconds")
    stage.clock.advance(by: 2)
    #expect(await reads(2).map(\.status) == [200, 429])
    #expect(await stage.ask("POST", "/_simulator/limits", #"{"limits": 0.0001}"#).status == 200)
    stage.clock.advance(by: 400)
    #expect(await reads(2).map(\.status) == [200, 429], "one request is always had some time")
    #expect(await stage.ask("POST", "/_simulator/limits", #"{"limits": "none"}"#).status == 200)
    #expect(await reads(10).allSatisfy { $0.status == 200 })
  }

  @Test("refuses limits that are none", arguments: ["0", "-1", "\"half\"", "true", "[]"])
  func noLimits(value: String) async throws {
    let stage = try Stage { $0.replacing("name: plain", with: "name: plain\nlimits: real") }
    let answer = await stage.ask("POST", "/_simulator/limits", "{\"limits\": \(value)}")
    #expect(answer.status == 400 && answer.body.contains("or a number"))
    #expect(throws: (any Error).self, "and a scenario file with them") {
      try Stage { $0.replacing("name: plain", with: "name: plain\nlimits: \(value)") }
    }
  }
}

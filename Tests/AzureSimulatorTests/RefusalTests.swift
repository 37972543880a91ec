import Foundation
import Testing

@testable import AzureSimulator

/// The simulator by itself, on a clock that moves by hand.
@Suite("The simulator")
struct RefusalTests {
  static let machine = Stage.source
  static let recovered = Stage.recovered

  @Test("plays the recorded sequence of a failover: the machine is visible before the item says so")
  func sequence() async throws {
    let stage = try Stage()
    _ = await stage.ask("POST", "/_simulator/failover", #"{"items": ["erp-web-01"]}"#)
    stage.clock.advance(by: 109)
    #expect(await stage.ask("GET", "\(Self.recovered)?api-version=1").status == 404)
    stage.clock.advance(by: 2)
    #expect(await stage.ask("GET", "\(Self.recovered)?api-version=1").status == 200)
    let item = "replicationProtectedItems?api-version=1"
    let vault = stage.azure.scenario.vaultIDs[0]
    #expect(await stage.ask("GET", "\(vault)/\(item)").body.contains("\"scenarioName\":\"UnplannedFailover\""))
    stage.clock.advance(by: 35)
    #expect(await stage.ask("GET", "\(vault)/\(item)").body.contains("UnplannedFailoverCommitPendingStatesBegin"))
    let view = await stage.ask("GET", "\(Self.recovered)/instanceView?api-version=1").body
    #expect(view.contains("ProvisioningState/Unavailable"))
  }

  @Test("answers an install with 201 and one header, and its operation byte for byte")
  func install() async throws {
    let stage = try Stage()
    await stage.failOver()
    #expect(
      await stage.ask("DELETE", "\(Self.recovered)/extensions/AzureMonitorWindowsAgent?api-version=1").status == 204)
    let answer = await stage.put("AzureMonitorWindowsAgent")
    #expect(answer.status == 201)
    let url = try #require(answer.headers.first { $0.0 == "Azure-AsyncOperation" }?.1)
    #expect(url.utf8.count > 2500)
    #expect(!answer.headers.contains { $0.0 == "Location" || $0.0 == "Retry-After" })
    let target = url.replacing("http://sim", with: "")
    #expect(await stage.ask("GET", target).body.contains("InProgress"))
    // Microsoft's own client writes escapes in upper case; what is decoded or encoded anew is another URL.
    #expect(await stage.ask("GET", target.replacing("%3a", with: "%3A")).status == 200)
    #expect(await stage.ask("GET", target.replacing("%3a", with: ":")).status == 404)
    #expect(await stage.ask("GET", target.replacing("%2b", with: "%252b")).status == 404)
    stage.clock.advance(by: 31)
    #expect(await stage.ask("GET", target).body.contains("Succeeded"))
    #expect(
      await stage.ask("GET", "\(Self.recovered)/instanceView?api-version=1").body.contains(
        "Error while parsing heartbeat"))
    stage.clock.advance(by: 21)
    #expect(await stage.ask("GET", "\(Self.recovered)/instanceView?api-version=1").body.contains("Plugin enabled"))
  }

  @Test("leaves a stale handler in place when nobody removes it first")
  func stale() async throws {
    let stage = try Stage()
    await stage.failOver()
    _ = await stage.put("AzureMonitorWindowsAgent")
    stage.clock.advance(by: 600)
    #expect(
      await stage.ask("GET", "\(Self.recovered)/instanceView?api-version=1").body.contains(
        "ProvisioningState/Unresponsive"))
  }

  @Test("refuses what ARM refuses")
  func refusals() async throws {
    let stage = try Stage()
    #expect(
      await stage.azure.respond(to: SimulatedRequest(method: "GET", target: Self.machine, origin: "")).status == 401)
    #expect(await stage.ask("GET", Self.machine).body.contains("MissingApiVersionParameter"))
    #expect(await stage.put("Other", on: Self.machine).body.contains("Multiple VMExtensions per handler"))
    #expect(
      await stage.put("AzureMonitorWindowsAgent", type: "Else", on: Self.machine).body.contains(
        "PropertyChangeNotAllowed"))
    let deletion = await stage.ask("DELETE", "\(Self.machine)/extensions/AzureMonitorWindowsAgent?api-version=1")
    #expect(deletion.status == 202)
    #expect(Set(deletion.headers.map(\.0)).isSuperset(of: ["Azure-AsyncOperation", "Location"]))
    #expect(await stage.put("AzureMonitorWindowsAgent", on: Self.machine).body.contains("marked for deletion"))
    #expect(await stage.put("New", type: "Else", on: Self.machine).body.contains("another operation is in progress"))
    _ = await stage.ask("POST", "/_simulator/machine", #"{"name": "erp-web-01", "power": "deallocated"}"#)
    #expect(await stage.put("New", type: "Else", on: Self.machine).body.contains("when the VM is not running"))
  }

  @Test("fails an install after 25 minutes when the agent stays silent")
  func silentAgent() async throws {
    let stage = try Stage()
    await stage.failOver()
    _ = await stage.ask("POST", "/_simulator/machine", #"{"name": "erp-web-01", "agentReady": false}"#)
    _ = await stage.ask("POST", "/_simulator/machine", #"{"id": "\#(Self.recovered)", "agentReady": false}"#)
    let url = try #require(
      await stage.put("AzureMonitorWindowsAgent").headers.first { $0.0 == "Azure-AsyncOperation" }?.1)
    stage.clock.advance(by: 24 * 60)
    #expect(await stage.ask("GET", url.replacing("http://sim", with: "")).body.contains("InProgress"))
    stage.clock.advance(by: 61)
    #expect(
      await stage.ask("GET", url.replacing("http://sim", with: "")).body.contains("VMAgentStatusCommunicationError"))
  }

  @Test("drops user-assigned identities that a PATCH does not name")
  func identity() async throws {
    let stage = try Stage()
    let id = "/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
    _ = await stage.ask(
      "PATCH", "\(Self.machine)?api-version=1",
      #"{"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {"\#(id)": {}}}}"#)
    stage.clock.advance(by: 60)
    #expect(await stage.ask("GET", "\(Self.machine)?api-version=1").body.contains(id))
    _ = await stage.ask("PATCH", "\(Self.machine)?api-version=1", #"{"identity": {"type": "SystemAssigned"}}"#)
    #expect(await !stage.ask("GET", "\(Self.machine)?api-version=1").body.contains(id))
  }

  @Test("answers a query that has no name", arguments: ["?=", "?&", "?=&api-version=1", "?api-version"])
  func namelessQuery(query: String) async throws {
    let stage = try Stage()
    let answer = await stage.ask("GET", "\(Self.machine)\(query)")
    #expect(answer.status == (query.contains("api-version") ? 200 : 400))
  }

  @Test("has an answer to whatever is asked, in ARM's own form", arguments: [1, 2, 3])
  func anything(seed: UInt64) async throws {
    let stage = try Stage("quirks")
    var numbers = Numbers(state: seed)
    let words =
      Self.machine.split(separator: "/").map(String.init) + [
        "extensions", "instanceView", "dataCollectionRuleAssociations", "dataCollectionRules", "associations", "vaults",
        "kv-dr-ukw", "replicationJobs", "replicationProtectedItems", "replicationFabrics", "replicationRecoveryPlans",
        "versions", "types", "locations", "operations", "v1", "workspaces", "query", "_simulator", "truth", "failover",
        "",
        "%", "%zz", "..",
      ]
    let queries = [
      "", "?", "?=", "?api-version=1", "?api-version=1&$expand=instanceView", "?skipToken=x-9&api-version=1",
    ]
    let bodies = ["", "{}", "[]", "null", #"{"properties": {}}"#, #"{"location": 1}"#, #"{"query": "TimeGenerated"}"#]
    for _ in 1...2000 {
      let isDeep = Int.random(in: 0...2, using: &numbers) == 0
      let tail = (0...Int.random(in: 0...5, using: &numbers)).compactMap { _ in words.randomElement(using: &numbers) }
      let target = (isDeep ? Self.machine : "") + "/" + tail.joined(separator: "/")
      let method = ["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD"].randomElement(using: &numbers) ?? "GET"
      let answer = await stage.ask(
        method, target + (queries.randomElement(using: &numbers) ?? ""), bodies.randomElement(using: &numbers) ?? "")
      #expect(answer.status < 500, "\(method) \(target)")
      if answer.status >= 400 { #expect(answer.body.hasPrefix(#"{"error":"#), "\(method) \(target)") }
    }
  }

  /// The same numbers from the same seed.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  @Test("says since when data flows without a break, and nothing when it does not")
  func flow() async throws {
    let stage = try Stage()
    func since() async throws -> String? {
      let truth = try JSONDecoder().decode(Flow.self, from: Data(await stage.ask("GET", "/_simulator/truth").body.utf8))
      return try #require(truth.machines.first { $0.name == "erp-web-01" }).sendingSince
    }
    let association =
      "\(Self.machine)/providers/Microsoft.Insights/dataCollectionRuleAssociations/dcr-windows?api-version=1"
    let begin = try await since()
    #expect(begin != nil)
    #expect(await stage.ask("DELETE", association).status == 200)
    stage.clock.advance(by: 60)
    #expect(try await since() == nil)
    let rule = stage.azure.scenario.rules[0]
    _ = await stage.ask("PUT", association, #"{"properties": {"dataCollectionRuleId": "\#(rule)"}}"#)
    let again = try #require(try await since())
    #expect(again > (begin ?? ""))
    _ = await stage.ask("PATCH", "\(Self.machine)?api-version=1", #"{"identity": {"type": "None"}}"#)
    #expect(try await since() == nil)
  }

  private struct Flow: Decodable {
    struct Machine: Decodable {
      var name: String
      var sendingSince: String?
    }
    var machines: [Machine]
  }

  @Test("says which key of a scenario is wrong")
  func strict() {
    #expect(throws: ScenarioError.self) {
      try Scenario(checking: "name: x\nvaults: []\nmachines: []\nspede: 3\n", file: "s.yaml")
    }
    do {
      _ = try Scenario(checking: "name: x\nvaults: []\nmachines: []\nspede: 3\n", file: "s.yaml")
    } catch {
      #expect("\(error)".contains("unknown key 'spede'"))
    }
  }
}

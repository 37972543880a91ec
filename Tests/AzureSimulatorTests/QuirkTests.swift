import Foundation
import Testing

@testable import AzureSimulator

@Suite("A quirk")
struct QuirkTests {
  /// A stage where erp-web-01 has failed over; with the quirk, or without any.
  private func stage(_ quirk: Scenario.Quirk?) async throws -> Stage {
    let stage = try Stage("plain") { yaml in
      quirk.map { yaml.replacing("name: plain", with: "name: plain\nquirks: [\($0.rawValue)]") } ?? yaml
    }
    await stage.failOver()
    return stage
  }

  private func list(_ stage: Stage) async -> String {
    await stage.ask("GET", "\(stage.azure.scenario.vaultIDs[0])/replicationProtectedItems?api-version=1").body
  }

  private func job(_ stage: Stage) async throws -> String {
    let jobs = "\(stage.azure.scenario.vaultIDs[0])/replicationJobs"
    let name = try #require(await stage.read("\(jobs)?api-version=1")["value"]?.elements.first?["name"]?.string)
    return await stage.ask("GET", "\(jobs)/\(name)?api-version=1").body
  }

  /// What a quirk makes visible, in which answer.
  static let sights: [(Scenario.Quirk, String)] = [
    (.upperGroups, "/resourceGroups/RG-ERP-UKW/"), (.textNumbers, #""rpoInSeconds":"30""#),
    (.sentinels, #""lastSuccessfulTestFailoverTime":"1753-01-01T01:01:01Z""#),
    (.textSettings, #""settings":"{}""#), (.longCodes, "ProvisioningState/Unresponsive/1009"),
    (.bareEntries, #"{"name":"MDE.Windows"}"#), (.emptyPages, #"{"value":[],"nextLink":"http"#),
    (.errorBesideStatus, #""status":"InProgress","name""#),
    (.errorBesideStatus, #""error":{"code":"InternalServerError""#),
  ]

  private func everything(_ stage: Stage) async throws -> String {
    var text = await list(stage)
    text += try await job(stage)
    let made = await stage.put("AzureMonitorWindowsAgent")
    text += made.body
    text += await stage.ask("GET", "\(Stage.recovered)?api-version=1&$expand=instanceView").body
    let url = try #require(made.headers.first { $0.0 == "Azure-AsyncOperation" }?.1).replacing("http://sim", with: "")
    return text + (await stage.ask("GET", url).body)
  }

  @Test("shows, and does not show without it", arguments: sights)
  func shows(quirk: Scenario.Quirk, sight: String) async throws {
    #expect(try await everything(stage(quirk)).contains(sight))
    if sight != #""status":"InProgress","name""# {
      #expect(try await !everything(stage(nil)).contains(sight))
    }
  }

  @Test("leaves members without a value out")
  func missingNulls() async throws {
    #expect(try await list(stage(nil)).contains(#""protectableItemId":null"#))
    #expect(try await !list(stage(.missingNulls)).contains("protectableItemId"))
  }

  @Test("writes times with any number of digits, and sometimes without a zone")
  func times() async throws {
    let stage = try await stage(.oddTimes)
    var times: Set<String> = []
    for _ in 1...24 {
      let view = try await stage.read("\(Stage.source)?api-version=1&$expand=instanceView")
      if let time = view["properties"]?["timeCreated"]?.string { times.insert(time) }
    }
    #expect(times.contains { $0.hasSuffix("+00:00") } && times.contains { $0.hasSuffix("Z") })
    #expect(times.contains { !$0.hasSuffix("Z") && !$0.contains("+") })
    let digits = Set(times.map { $0.split(separator: ".").dropFirst().first?.prefix { $0.isNumber }.count ?? 0 })
    #expect(digits.isSuperset(of: [0, 1, 7]) || digits.count > 3, "\(digits)")
    #expect(await list(stage).contains("1753-01-01"))
  }

  @Test("answers a removal with its Location alone, which says 202 and then 200")
  func locationOnly() async throws {
    let stage = try await stage(.locationOnly)
    _ = await stage.put("AzureMonitorWindowsAgent")
    stage.clock.advance(by: 31)
    let answer = await stage.ask("DELETE", "\(Stage.recovered)/extensions/AzureMonitorWindowsAgent?api-version=1")
    #expect(!answer.headers.contains { $0.0 == "Azure-AsyncOperation" })
    let url = try #require(answer.headers.first { $0.0 == "Location" }?.1).replacing("http://sim", with: "")
    #expect(await stage.ask("GET", url).status == 202)
    stage.clock.advance(by: 31)
    #expect(await stage.ask("GET", url).status == 200)
  }

  @Test("does not find an operation for once")
  func blips() async throws {
    let stage = try await stage(.blips)
    let url = try #require(
      await stage.put("AzureMonitorWindowsAgent").headers.first { $0.0 == "Azure-AsyncOperation" }?.1)
    let target = url.replacing("http://sim", with: "")
    #expect(await stage.ask("GET", target).status == 404)
    #expect(await stage.ask("GET", target).status == 200)
  }

  @Test("lets a job end before it starts")
  func endBeforeStart() async throws {
    func times(_ quirk: Scenario.Quirk?) async throws -> (String, String) {
      let job = try JSONDecoder().decode(JSON.self, from: Data(await self.job(stage(quirk)).utf8))["properties"]
      return (try #require(job?["startTime"]?.string), try #require(job?["endTime"]?.string))
    }
    let odd = try await times(.endBeforeStart)
    #expect(odd.1 < odd.0)
    let even = try await times(nil)
    #expect(even.0 < even.1)
  }

  @Test("is refused when it is not known")
  func unknown() {
    #expect(throws: ScenarioError.self) {
      try Stage("plain") { $0.replacing("name: plain", with: "name: plain\nquirks: [sideways]") }
    }
  }
}

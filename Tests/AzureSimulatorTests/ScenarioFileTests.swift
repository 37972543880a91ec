import Foundation
import Testing

@testable import AzureSimulator

/// The files of config/scenarios: each can be read, and the end that it expects can be reached, and missed.
@Suite("A scenario file")
struct ScenarioFileTests {
  static let all = ((try? FileManager.default.contentsOfDirectory(atPath: Stage.folder.path)) ?? [])
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  static let expecting = all.filter { (try? Stage($0).azure.scenario.expect) != nil }

  @Test("can be read, and is named as its file", arguments: all)
  func reads(file: String) throws {
    #expect(try Stage(file).azure.scenario.name == file)
  }

  @Test("there are as many with an expected end as there are stories")
  func count() {
    #expect(Self.expecting.count >= 21, "\(Self.expecting)")
  }

  @Test("has each of its keys explained beside it")
  func explained() throws {
    let text = try String(contentsOf: Stage.folder.appending(path: "README.md"), encoding: .utf8)
    let keys =
      Scenario.CodingKeys.allCases.map(\.rawValue) + Scenario.Group.CodingKeys.allCases.map(\.rawValue)
      + Scenario.Extension.CodingKeys.allCases.map(\.rawValue) + Scenario.Options.CodingKeys.allCases.map(\.rawValue)
      + Scenario.Timings.CodingKeys.allCases.map(\.rawValue) + Scenario.Verb.allCases.map(\.rawValue)
      + Scenario.Expectation.CodingKeys.allCases.map(\.rawValue)
      + Scenario.Expectation.Machine.CodingKeys.allCases.map(\.rawValue)
    for key in keys {
      let forms = ["`\(key)`", "`\(key)[]`", "`.\(key)`", "].\(key)`"]
      #expect(forms.contains { text.contains($0) }, "\(key)")
    }
  }

  static func end(_ stage: Stage) -> Double { (stage.azure.scenario.timeline.map(\.at).max() ?? 0) + 1800 }

  @Test("expects an end that can be reached by hand", arguments: expecting)
  func reachable(file: String) async throws {
    let stage = try Stage(file)
    var healer = Healer(stage: stage)
    try await healer.run(until: Self.end(stage))
    let verdict = try await stage.azure.verdict()
    #expect(verdict.isEmpty, "\(verdict.joined(separator: "; "))")
  }

  @Test("expects an end that does not come by itself", arguments: expecting)
  func missable(file: String) async throws {
    let stage = try Stage(file)
    let end = Self.end(stage)
    for _ in 0..<Int(end / 15) {
      stage.clock.advance(by: 15)
      _ = await stage.ask("GET", "/_simulator/clock")
    }
    #expect(try await stage.azure.verdict() != [])
  }

  @Test("is not content with an agent that lacks its settings, or its identity", arguments: [true, false])
  func exact(dropsSettings: Bool) async throws {
    let stage = try Stage("learned-from-nothing")
    var healer = Healer(stage: stage, dropsSettings: dropsSettings, dropsIdentity: !dropsSettings)
    try await healer.run(until: Self.end(stage))
    let verdict = try await stage.azure.verdict()
    #expect(verdict.contains { $0.contains(dropsSettings ? "has the settings {}" : "its identity is") })
    #expect(verdict.contains("erp-web-01 (live): no data is sent") == !dropsSettings)
  }

  @Test("names what was not told")
  func told() async throws {
    let stage = try Stage("zone-to-zone")
    var healer = Healer(stage: stage)
    try await healer.run(until: Self.end(stage))
    #expect(try await stage.azure.verdict(told: ["failover.completed"]) == ["the event heal.healed was not told"])
  }

  @Test("does not forgive a request that may never be made, whatever it was answered with")
  func never() async throws {
    let stage = try Stage("mobility")
    var healer = Healer(stage: stage)
    try await healer.run(until: Self.end(stage))
    _ = await stage.ask("DELETE", "\(Stage.recovered)/extensions/SiteRecovery-Windows?api-version=1")
    #expect(
      try await stage.azure.verdict() == [
        "DELETE \(Stage.recovered)/extensions/SiteRecovery-Windows was sent and answered with 204"
      ])
  }

  @Test("sees a write to a machine that is to be left alone")
  func untouched() async throws {
    let stage = try Stage("test-failover")
    stage.clock.advance(by: 660)
    _ = await stage.ask("GET", "/_simulator/clock")
    stage.clock.advance(by: 100)
    _ = await stage.put("AzureMonitorWindowsAgent", on: "\(Stage.recovered)-test")
    let verdict = try await stage.azure.verdict()
    #expect(verdict.contains("erp-web-01 (test) was written to 1 times"))
  }

  @Test("counts a second run of what runs once")
  func runOnce() async throws {
    let stage = try Stage("run-once")
    var healer = Healer(stage: stage)
    try await healer.run(until: Self.end(stage))
    let machine = Stage.recovered.replacing("erp-web-01", with: "erp-db-01")
    _ = await stage.ask(
      "PUT", "\(machine)/extensions/again?api-version=1",
      #"{"location": "ukwest", "properties": {"publisher": "Microsoft.Powershell", "type": "DSC", "typeHandlerVersion": "2.83"}}"#
    )
    stage.clock.advance(by: 40)
    let verdict = try await stage.azure.verdict()
    #expect(verdict.contains("erp-db-01 (live): DSC runs once, and was run again"))
    #expect(verdict.contains("erp-db-01 (live): DSC is there"))
  }
}

import AftercareTesting
import Foundation
import RecoveryCore
import Testing

@testable import Reporting

@Suite("The report of a failover")
struct FailoverReportTests {
  static let start = JournalSamples.start
  static let id = "kv-dr-20260203T101500Z"

  static func event(
    _ kind: EventKind, _ item: String = "erp-web-01", after seconds: Int64, _ fields: [String: String] = [:]
  ) -> Event {
    Event(
      kind, at: start + .seconds(seconds), item: ItemKey(item), itemName: item, machine: Samples.recovered,
      vault: Samples.vault, fields: fields.merging(["failover": id]) { $1 })
  }

  static func report(_ events: [Event], states: ItemStates = []) throws -> FailoverReport {
    try #require(
      FailoverReport(
        id, events: events, heals: [JournalSamples.key: [JournalSamples.heal()]],
        states: states, at: start + .seconds(7200)))
  }

  static let healed = [
    event(.failoverNoticed, after: 0),
    event(.failoverCompleted, after: 60, ["from": "old", "location": "ukwest", "os": "windows"]),
    event(
      .legBroken, after: 60, ["leg": "extension Microsoft.Azure.Monitor.AzureMonitorWindowsAgent", "finding": "stuck"]),
    event(.stepAccepted, after: 70, ["correlationId": "c-1"]),
    event(.stepAccepted, after: 80, ["correlationId": "c-1"]),
    event(
      .healHealed, after: 300,
      ["silentFrom": "2026-02-03T10:10:00Z", "silentUntil": "2026-02-03T10:22:40Z", "logGap": "12m40s"]),
  ]

  @Test("tells what moved when, what was lost, and for how long logs are missing")
  func healed() throws {
    let report = try Self.report(Self.healed)
    let machine = try #require(report.machines.first)
    #expect(machine.outcome == .healed)
    #expect(machine.noticed == Moment(Self.start) && machine.well == Moment(Self.start + .seconds(300)))
    #expect(machine.location == "ukwest")
    #expect(machine.lost.map(\.name) == ["AzureMonitorWindowsAgent"])
    #expect(machine.logGapMinutes == 13, "rounded to the minute")
    #expect(machine.correlationIDs == ["c-1"])
    #expect(report.isOver && report.ended == machine.well)
    #expect(report.markdown.contains("| erp-web-01 | ukwest | healed |"))
    #expect(report.markdown.contains("13 min"))
    #expect(report.html.contains("<rect class=\"gap\""))
  }

  @Test("says of each machine that is not well why, and what a person has to do")
  func parked() throws {
    var state = JournalSamples.item(key: ItemKey("erp-web-01"))
    state.failover?.id = Self.id
    state.heal = JournalSamples.heal()
    state.heal?.status = .parked("the role is missing")
    let events =
      Self.healed.prefix(3)
      + [Self.event(.healParked, after: 400, ["cause": "the role is missing", "remedy": "Grant it."])]
    let report = try Self.report(Array(events), states: [state])
    let machine = try #require(report.machines.first)
    #expect(machine.outcome == .parked)
    #expect(!report.isOver && report.ended == nil)
    #expect(machine.logGapMinutes == nil && machine.silentFrom != nil, "logs go on being missing")
    #expect(report.markdown.contains("* **erp-web-01** (parked): the role is missing. Grant it."))
    #expect(report.html.contains("gap open"))
  }

  @Test(
    "knows how each machine came out",
    arguments: [
      ([.failoverNoticed], .stayed), ([.failoverNoticed, .failoverCompleted, .legWell], .well),
      ([.failoverNoticed, .failoverCompleted, .healUnverified], .unverified),
    ] as [([EventKind], FailoverReport.Outcome)])
  func outcomes(kinds: [EventKind], outcome: FailoverReport.Outcome) throws {
    let events = kinds.enumerated().map { Self.event($1, after: Int64($0), ["leg": "all"]) }
    #expect(try Self.report(events).machines.first?.outcome == outcome)
  }

  @Test("lets nothing that Azure says become markup")
  func escapes() throws {
    let evil = "<script>alert(1)</script> | x [a](javascript:b)"
    let events = [
      Self.event(.failoverNoticed, evil, after: 0),
      Self.event(.legBroken, evil, after: 1, ["leg": evil, "evidence": "\"><img src=x>"]),
    ]
    let report = try Self.report(events)
    #expect(!report.html.contains("<script>") && !report.html.contains("<img"))
    #expect(!report.markdown.contains("<script>") && !report.markdown.contains("a](javascript"))
    let columns = report.markdown.split(separator: "\n").first { $0.contains("alert") }?.replacing("\\|", with: "")
    #expect(columns?.count { $0 == "|" } == 10, "a row stays a row")
  }

  @Test("is none where nothing tells of it")
  func none() {
    #expect(FailoverReport(Self.id, events: [], heals: [:], states: [], at: Self.start) == nil)
  }

  @Test("as JSON has the shape that docs/report.md gives")
  func json() throws {
    let encoder = JSONEncoder()
    let object = try JSONSerialization.jsonObject(with: encoder.encode(try Self.report(Self.healed))) as? [String: Any]
    #expect(Set(object?.keys.map { $0 } ?? []) == ["id", "vault", "began", "ended", "written", "machines"])
    let machine = (object?["machines"] as? [[String: Any]])?.first
    #expect(machine?["logGapMinutes"] as? Int == 13)
    #expect(machine?["noticed"] as? String == "2026-02-03T10:15:00Z")
  }
}

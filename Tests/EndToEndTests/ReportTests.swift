import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Testing

@Suite("The morning after", .timeLimit(.minutes(10)))
struct ReportTests {
  struct Told: Decodable {
    struct Machine: Decodable {
      var item: String
      var outcome: String
      var logGapMinutes: Int?
      var location: String?
      var correlationIDs: [String]
    }
    var id: String
    var machines: [Machine]
  }

  /// The minutes between the last row of the machine that was left behind and the first one of the new: the simulated
  /// table has one a minute.
  static func gap(of item: String, in truth: SimulatorTruth) throws -> Int {
    let machines = truth.machines.filter { $0.item == item }
    let until = try #require(machines.first { $0.role == "former" }?.sentUntil.flatMap { Timestamp(iso8601: $0) })
    let since = try #require(machines.first { $0.role == "live" }?.sendingSince.flatMap { Timestamp(iso8601: $0) })
    return Int((since.milliseconds + 59_999) / 60_000 - until.milliseconds / 60_000)
  }

  @Test("agrees with the truth to the minute, in each of its formats, and names what a support case wants")
  func agrees() async throws {
    try await Region.with { region in
      let yaml: @Sendable (String) -> String = {
        ("alerts: {gather: 100ms}\n" + $0).replacing(Self.identity, with: Self.identity + Self.data)
          .replacing("machine: 10s", with: "machine: 10s, data: 300ms")
      }
      let events = try await region.watch(
        yaml, knowing: 6,
        during: {
          let all = region.names.map { "\"\($0)\"" }.joined(separator: ", ")
          try await region.post("failover", #"{"items": [\#(all)]}"#)
        }, until: { $0.kind == .alertResolved })
      let resolved = try #require(events.last { $0.kind == .alertResolved })
      #expect(resolved.fields["conditions"] == "6 healed")
      #expect(events.count { $0.kind == .alertRaised } == 1, "one alert for six machines")
      let truth = try await region.truth()
      try region.configure(yaml)
      func report(_ format: String) async throws -> String {
        let answer = try await Command.run(region, "report", "--format", format)
        #expect(answer.status == 0, "\(answer.output)")
        return answer.output
      }
      let told = try JSONDecoder().decode(Told.self, from: Data(try await report("json").utf8))
      #expect(told.machines.map(\.item).sorted() == region.names.sorted())
      let (markdown, html) = (try await report("md"), try await report("html"))
      for machine in told.machines {
        let gap = try Self.gap(of: machine.item, in: truth)
        #expect(machine.outcome == "healed" && machine.location == "ukwest")
        #expect(machine.logGapMinutes == gap, "\(machine.item)")
        #expect(!machine.correlationIDs.isEmpty)
        let row = markdown.split(separator: "\n").first { $0.hasPrefix("| \(machine.item) ") }
        #expect(row?.contains("| \(gap) min |") == true, "\(row ?? "no row")")
        #expect(html.contains("<th scope=\"row\">\(machine.item)</th>"))
        #expect(html.contains("<td class=\"number\">\(gap) min</td>"))
      }
      let list = try await Command.run(region, "report", "--list")
      #expect(list.output.contains(told.id))
    }
  }

  private static let identity = "    identity: {systemAssigned: true}\n"
  private static let data = "    data: {workspace: 6f0c0000-0000-4000-8000-000000000001}\n"
}

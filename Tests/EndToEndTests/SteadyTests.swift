import AftercareApp
import Foundation
import RecoveryCore
import Reporting
import Testing

@Suite("The steady state", .timeLimit(.minutes(10)))
struct SteadyTests {
  @Test("of 1,000 items costs the pages of the list plus the machines that were due, and `status` says so")
  func requests() async throws {
    try await Region.with("steady-1000") { region in try await Self.check(region) }
  }

  static func check(_ region: Region) async throws {
    // All are known, and after that the vault is swept at least once more.
    _ = try await region.watch(
      quiet,
      during: { try await Self.sweeps(region) }, until: HealingTests.counting(1000) { $0.kind == .itemAdded })
    let spent = try await region.truth().requests
    let configuration = try region.configuration(quiet)
    let report = try await StatusReport(configuration: configuration)
    #expect(report.items == 1000)
    let sweep = try #require(report.sweeps.first)
    #expect(sweep.fault == nil)
    #expect(sweep.items == 1000)
    #expect(sweep.pages == 10)
    #expect(sweep.requests == sweep.pages + sweep.instanceViews + sweep.associationLists)
    #expect(sweep.itemReads == 0, "machines that need nothing cost nothing")
    #expect(sweep.jobLists == 0)
    let looks = spent["machine"] ?? 0
    #expect(looks < 20, "an hour's looks are spread over the hour")
  }

  static func quiet(_ yaml: String) -> String { yaml.replacing("machine: 10s", with: "machine: 1h") }

  static func sweeps(_ region: Region) async throws {
    while try await region.truth().requests["items", default: 0] < 40 {}
  }
}

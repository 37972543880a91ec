import AftercareApp
import Foundation
import RecoveryCore
import Testing

/// `plan` against machines that were put into each row of the verdict table.
@Suite("A plan", .timeLimit(.minutes(10)))
struct VerdictTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var resource: String?
    var handler: String?
    var isFailedOver = true
    var isAgentReady = true
    var finding: Finding
    var decision: Reason.Disposition
    var testDescription: String {
      "resource \(resource ?? "absent"), handler \(handler ?? "absent"), failed over \(isFailedOver)"
    }
  }

  @Test(
    "gives the verdict of the machine's row",
    arguments: [
      Row(handler: "ProvisioningState/Unresponsive", finding: .stuck, decision: .heal),
      Row(finding: .missing, decision: .heal),
      Row(handler: "ProvisioningState/succeeded", finding: .orphan, decision: .heal),
      Row(handler: "ProvisioningState/NotReady/1009", finding: .orphan, decision: .heal),
      Row(resource: "Failed", handler: "ProvisioningState/NotReady/21", finding: .failed, decision: .heal),
      Row(resource: "Creating", finding: .inFlight, decision: .wait),
      Row(resource: "Updating", handler: "ProvisioningState/succeeded", finding: .inFlight, decision: .wait),
      Row(resource: "Deleting", finding: .inFlight, decision: .wait),
      Row(handler: "ProvisioningState/Unresponsive", isAgentReady: false, finding: .unjudged, decision: .wait),
      Row(
        resource: "Succeeded", handler: "ProvisioningState/succeeded", isFailedOver: false, finding: .healthy,
        decision: .nothing),
      Row(
        resource: "Succeeded", handler: "ProvisioningState/Unresponsive", isFailedOver: false, finding: .suspect,
        decision: .wait),
      Row(isFailedOver: false, finding: .absent, decision: .alert),
    ])
  func row(_ row: Row) async throws {
    try await Region.with { region in
      if row.isFailedOver {
        try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
        while try await region.truth().items.first(where: { $0.name == "erp-web-01" })?.activeLocation != "Recovery" {}
      }
      let handler = row.handler.map { "\"\($0)\"" } ?? "null"
      let resource = row.resource.map { "\"\($0)\"" } ?? "null"
      let status = try await region.post(
        "machine",
        #"{"name": "erp-web-01", "power": "running", "agentReady": \#(row.isAgentReady), "handlers": {"AzureMonitorWindowsAgent": \#(handler)}, "extensions": {"AzureMonitorWindowsAgent": \#(resource)}}"#
      )
      #expect(status == 200)
      let configuration = try region.configuration()
      let machine = try #require(
        try await PlanSurvey(configuration: configuration).machines(only: ["erp-web-01"]).first)
      let leg = try #require(machine.legs.first { $0.leg.contains("AzureMonitorWindowsAgent") }, "\(machine.reason)")
      #expect(leg.finding == row.finding, "\(leg.evidence)")
      #expect(machine.decision == row.decision, "\(machine.reason)")
      #expect(machine.steps.isEmpty == (row.decision != .heal))
      #expect(try await region.truth().machines.allSatisfy { $0.writes == 0 }, "a plan changes nothing")
    }
  }
}

import AftercareTesting
import RecoveryCore
import Testing

/// The verdict table for one expected extension on a live machine whose agent is ready.
@Suite("The verdict on an extension")
struct VerdictTableTests {
  static let kind = ExtensionKind.azureMonitorWindowsAgent
  static let failover = Failover(
    cause: .liveMachineChanged, from: nil, to: Samples.bareMachine().pair, noticed: Samples.start,
    completed: Samples.start, cloudTime: Samples.failedOver)

  struct Row: Sendable, CustomTestStringConvertible {
    var resource: String?
    var handler: String?
    var message: String?
    var isFailedOver: Bool
    var isAgentReady = true
    var finding: Finding
    var testDescription: String {
      "resource \(resource ?? "absent"), handler \(handler ?? "absent"), failed over \(isFailedOver)"
    }
  }

  @Test(
    "is that of its row in the table",
    arguments: [
      Row(handler: "Unresponsive", isFailedOver: true, finding: .stuck),
      Row(handler: nil, isFailedOver: true, finding: .missing),
      Row(handler: "succeeded", isFailedOver: true, finding: .orphan),
      Row(handler: "NotReady/1009", isFailedOver: true, finding: .orphan),
      Row(resource: "Succeeded", handler: "succeeded", isFailedOver: true, finding: .healthy),
      Row(resource: "Succeeded", handler: "succeeded", isFailedOver: false, finding: .healthy),
      Row(resource: "Succeeded", handler: "Unresponsive", isFailedOver: false, finding: .suspect),
      Row(resource: "Succeeded", handler: "unresponsive/7", isFailedOver: true, finding: .suspect),
      Row(
        resource: "Succeeded", handler: "Unresponsive", message: "Last heartbeat: 10/6/2023 5:50:06 AM",
        isFailedOver: true, finding: .stuck),
      Row(
        resource: "Succeeded", handler: "Unresponsive", message: "Error while parsing heartbeat of Handler (name X)",
        isFailedOver: true, finding: .suspect),
      Row(resource: "Succeeded", handler: "NotReady/21", isFailedOver: true, finding: .suspect),
      Row(resource: "Succeeded", handler: nil, isFailedOver: true, finding: .suspect),
      Row(resource: "Succeeded", handler: "Frobnicating", isFailedOver: true, finding: .unknown),
      Row(resource: "Creating", handler: nil, isFailedOver: true, finding: .inFlight),
      Row(resource: "Updating", handler: "succeeded", isFailedOver: true, finding: .inFlight),
      Row(resource: "Deleting", handler: "Unresponsive", isFailedOver: true, finding: .inFlight),
      Row(resource: "Failed", handler: "NotReady/1009", isFailedOver: true, finding: .failed),
      Row(resource: "Reticulating", handler: "succeeded", isFailedOver: true, finding: .unknown),
      Row(handler: nil, isFailedOver: false, finding: .absent),
      Row(handler: "Unresponsive", isFailedOver: false, finding: .absent),
      Row(handler: "Unresponsive", isFailedOver: true, isAgentReady: false, finding: .unjudged),
    ])
  func isThatOfItsRow(_ row: Row) throws {
    let machine = Samples.bareMachine { machine in
      if let state = row.resource {
        machine.extensions = [
          ExtensionResource(name: "agent", kind: Self.kind, provisioningState: state)
        ]
      }
      if let handler = row.handler {
        machine.handlers = [
          ExtensionHandler(
            type: Self.kind.handlerType.uppercased(), version: "1", status: StatusCode("ProvisioningState/\(handler)"),
            message: row.message)
        ]
      }
      if !row.isAgentReady { machine.agent?.status = StatusCode("ProvisioningState/Unavailable") }
    }
    let desired = Requirements(profiles: [Profile(name: "p", extensions: [.azureMonitorAgent()])]).desired(for: machine)
    let legs = Judge(explainedBy: row.isFailedOver ? Self.failover : nil).legs(of: machine, wanting: desired)
    let verdict = try #require(legs.first { $0.leg == .extension(Self.kind) })
    #expect(verdict.finding == row.finding, "\(verdict.evidence)")
  }

  @Test("reads the last heartbeat out of the guest agent's message")
  func readsHeartbeat() {
    let handler = Samples.unresponsive("10/6/2023 5:50:06 AM")
    #expect(handler.lastHeartbeat?.iso8601 == "2023-10-06T05:50:06Z")
    #expect(Samples.unresponsive("12/31/2025 12:00:01 PM").lastHeartbeat?.iso8601 == "2025-12-31T12:00:01Z")
    #expect(Samples.unresponsive("1/2/2026 12:00:01 AM.").lastHeartbeat?.iso8601 == "2026-01-02T00:00:01Z")
    #expect(Samples.unresponsive("yesterday").lastHeartbeat == nil)
  }

  @Test("is explained by a failover only until that is settled")
  func settledFailoverExplainsNothing() throws {
    var settled = Self.failover
    settled.isSettled = true
    let legs = Judge(explainedBy: settled).legs(
      of: Samples.stuckMachine(),
      wanting: Requirements(profiles: [Samples.profile]).desired(for: Samples.stuckMachine()))
    #expect(legs.allSatisfy { !$0.finding.isBroken })
  }

  @Test("names an association to another rule wrong, and a missing identity missing")
  func otherLegs() {
    let machine = Samples.bareMachine {
      $0.associations = [Association(name: "DCR-WEB", target: .rule(Samples.id("/subscriptions/1/x/y/z")))]
    }
    let desired = Requirements(profiles: [Samples.profile]).desired(for: machine)
    let legs = Judge(explainedBy: Self.failover).legs(of: machine, wanting: desired)
    #expect(legs.first { $0.leg == .association("dcr-web") }?.finding == .wrong)
    #expect(legs.first { $0.leg == .identity }?.finding == .missing)
  }
}

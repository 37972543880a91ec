import Foundation
import Testing

@testable import AzureSimulator

/// A scenario of config/scenarios on a clock that moves by hand, asked without a server.
struct Stage {
  static let source =
    "/subscriptions/5e000000-0000-4000-8000-000000000001/resourceGroups/rg-erp-uks/providers/Microsoft.Compute/virtualMachines/erp-web-01"
  static let recovered = source.replacing("rg-erp-uks", with: "rg-erp-ukw")
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "config/scenarios")

  let clock = SimulationClock(manual: Date(timeIntervalSince1970: 1_770_113_600))
  let azure: SimulatedAzure

  /// `edit` changes the file's text before it is read.
  init(_ file: String = "plain", _ edit: (String) -> String = { $0 }) throws {
    let yaml = try String(contentsOf: Stage.folder.appending(path: "\(file).yaml"), encoding: .utf8)
    azure = SimulatedAzure(try Scenario(checking: edit(yaml), file: "\(file).yaml"), clock: clock)
  }

  func ask(_ method: String, _ target: String, _ body: String = "") async -> SimulatedResponse {
    await azure.respond(
      to: SimulatedRequest(
        method: method, target: target, headers: ["authorization": "Bearer simulator-token"], body: Array(body.utf8),
        origin: "http://sim"))
  }

  /// The body of an answer, as a document.
  func read(_ target: String) async throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(await ask("GET", target).body.utf8))
  }

  func truth() async throws -> ScenarioTruth {
    try JSONDecoder().decode(ScenarioTruth.self, from: Data(await ask("GET", "/_simulator/truth").body.utf8))
  }

  func put(_ name: String, type: String = "AzureMonitorWindowsAgent", on machine: String = Stage.recovered)
    async -> SimulatedResponse
  {
    await ask(
      "PUT", "\(machine)/extensions/\(name)?api-version=1",
      #"{"location": "\#(machine.contains("ukw") ? "ukwest" : "uksouth")", "properties": {"publisher": "Microsoft.Azure.Monitor", "type": "\#(type)", "typeHandlerVersion": "1.2"}}"#
    )
  }

  /// erp-web-01 has failed over and its agent is ready.
  func failOver() async {
    _ = await ask("POST", "/_simulator/failover", #"{"items": ["erp-web-01"]}"#)
    clock.advance(by: 146)
    _ = await ask("GET", "/_simulator/clock")
    clock.advance(by: 120)
  }
}

import AzureSimulator
import Foundation
import Hummingbird

/// Every answer that a sweep of the fleet may ask for, by what tells the requests apart: the path, the page, and whether
/// the instance view is wanted. Which api-version a client asks for is its own affair.
struct Answers: Sendable {
  private struct Key: Hashable {
    var path: String
    var page: String
    var withView: Bool
  }

  let vault: String
  private(set) var items = 0
  /// Extension handlers in all instance views: what a client must have found when it is through.
  private(set) var handlers = 0
  private var bodies: [Key: ByteBuffer] = [:]

  subscript(target: String) -> ByteBuffer? { bodies[Answers.key(of: target)] }

  private static func key(of target: String) -> Key {
    let parts = target.split(separator: "?", maxSplits: 1)
    let query = parts.count > 1 ? parts[1].lowercased() : ""
    let page = query.split(separator: "&").first { $0.hasPrefix("skiptoken=") || $0.hasPrefix("%24skiptoken=") }
    return Key(
      path: (parts.first ?? "").lowercased(), page: page.map(String.init) ?? "",
      withView: query.contains("instanceview"))
  }

  init(items count: Int, pageSize: Int, origin: String) async throws {
    let scenario = try Scenario(yaml: Answers.scenario(count, pageSize))
    let azure = SimulatedAzure(scenario, clock: SimulationClock(manual: Date(timeIntervalSince1970: 1_795_000_000)))
    func body(_ target: String) async -> String {
      await azure.respond(
        to: SimulatedRequest(
          method: "GET", target: target, headers: ["authorization": "Bearer \(scenario.token)"], origin: origin)
      ).body
    }
    guard let vault = scenario.vaultIDs.first else { fatalError("the scenario has a vault") }
    self.vault = vault

    var machines: [String] = []
    var next: String? = "\(vault)/replicationProtectedItems?api-version=2025-08-01"
    while let target = next {
      let text = await body(target)
      bodies[Answers.key(of: target)] = ByteBuffer(string: text)
      let page = try JSONDecoder().decode(Page.self, from: Data(text.utf8))
      machines += page.value.compactMap(\.properties.providerSpecificDetails.fabricObjectId)
      items += page.value.count
      next = page.nextLink.map { String($0.dropFirst(origin.count)) }
    }

    // The list of a subscription's machines is what Cloud Custodian begins with.
    let list = vault.components(separatedBy: "/resourceGroups/")[0] + "/providers/Microsoft.Compute/virtualMachines"
    for start in stride(from: 0, to: machines.count, by: pageSize) {
      var rows: [String] = []
      for id in machines[start..<min(start + pageSize, machines.count)] {
        let view = await body("\(id)?api-version=2024-07-01&$expand=instanceView")
        bodies[Answers.key(of: "\(id)?$expand=instanceView")] = ByteBuffer(string: view)
        let machine = try JSONDecoder().decode(Machine.self, from: Data(view.utf8))
        handlers += machine.properties.instanceView.vmAgent.extensionHandlers.count
        rows.append(await body("\(id)?api-version=2024-07-01"))
      }
      let end = start + pageSize
      let link = end < machines.count ? #""\#(origin)\#(list)?api-version=2024-07-01&skipToken=\#(end)""# : "null"
      let page = start == 0 ? "" : "?skipToken=\(start)"
      bodies[Answers.key(of: list + page)] = ByteBuffer(
        string: #"{"value": [\#(rows.joined(separator: ","))], "nextLink": \#(link)}"#)
    }
  }

  private struct Machine: Decodable {
    struct Properties: Decodable {
      struct View: Decodable {
        struct Agent: Decodable {
          struct Handler: Decodable {}
          var extensionHandlers: [Handler]
        }
        var vmAgent: Agent
      }
      var instanceView: View
    }
    var properties: Properties
  }

  private struct Page: Decodable {
    struct Item: Decodable {
      struct Properties: Decodable {
        struct Details: Decodable {
          var fabricObjectId: String?
        }
        var providerSpecificDetails: Details
      }
      var properties: Properties
    }
    var value: [Item]
    var nextLink: String?
  }

  /// A machine with both agents, two association and tags: what the products of the field look at.
  private static func scenario(_ count: Int, _ pageSize: Int) -> String {
    let subscription = "5e000000-0000-4000-8000-000000000001"
    let rule =
      "/subscriptions/\(subscription)/resourceGroups/rg-monitor/providers/Microsoft.Insights/dataCollectionRules/dcr-windows"
    return """
      name: stage
      rules: [\(rule)]
      vaults: [{name: kv-dr-ukw, subscription: "\(subscription)", resourceGroup: rg-vaults, pageSize: \(pageSize)}]
      machines:
        - name: "erp-##"
          count: \(count)
          os: windows
          vault: kv-dr-ukw
          from: {location: uksouth, resourceGroup: rg-erp-uks, subscription: "\(subscription)"}
          to: {location: ukwest, resourceGroup: rg-erp-ukw, subscription: "\(subscription)"}
          tags: {monitoring: standard}
          systemAssigned: true
          extensions: [AzureMonitorAgent, DependencyAgent]
          associations: {dcr-windows: \(rule)}
      """
  }
}

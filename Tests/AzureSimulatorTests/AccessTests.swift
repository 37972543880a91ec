import Foundation
import Testing

@testable import AzureSimulator

/// What the identity may do, and what regions and vaults are asked before a disaster.
@Suite("Access in the simulated Azure")
struct AccessTests {
  static let subscription = "/subscriptions/5e000000-0000-4000-8000-000000000001"
  static let group = "\(subscription)/resourceGroups/rg-erp-ukw"
  static let version = "api-version=2022-04-01"

  static func roles(_ entries: String) -> (String) -> String {
    { "permissions: [\(entries)]\n" + $0 }
  }

  private func permissions(_ stage: Stage, at scope: String) async throws -> [String] {
    let body = try await stage.read("\(scope)/providers/Microsoft.Authorization/permissions?\(Self.version)")
    return body["value"]?.elements.map(\.text) ?? []
  }

  @Test("everything is allowed where the scenario says nothing of it")
  func owner() async throws {
    let rows = try await permissions(try Stage(), at: Self.group)
    #expect(rows.count == 1 && rows.first?.contains(#""actions":["*"]"#) == true, "\(rows)")
    #expect(rows.first?.contains(#""notActions":[]"#) == true)
  }

  @Test("roles hold at their scope and below, and add up")
  func inheritance() async throws {
    let stage = try Stage(
      "plain",
      Self.roles(
        "{scope: /, actions: [a]}, {scope: \(Self.subscription), actions: [b]}, {scope: \(Self.group), actions: [c], notActions: [d]}"
      ))
    #expect(try await permissions(stage, at: Self.group.uppercased()).count == 3)
    #expect(try await permissions(stage, at: "\(Self.group)/providers/P/t/n").count == 3)
    #expect(try await permissions(stage, at: Self.subscription).count == 2)
    #expect(try await permissions(stage, at: "\(Self.subscription)/resourceGroups/rg-erp-uks").count == 2)
    let unknown = await stage.ask(
      "GET", "\(Self.subscription)/resourceGroups/rg-none/providers/Microsoft.Authorization/permissions?\(Self.version)"
    )
    #expect(unknown.status == 404 && unknown.body.contains("ResourceGroupNotFound"))
  }

  @Test("a request that no role allows is refused, by name of the action and the scope")
  func refused() async throws {
    let stage = try Stage(
      "plain",
      Self.roles(
        "{scope: /, actions: ['*/read']}, {scope: \(Self.group), actions: ['Microsoft.Compute/*'], notActions: ['*/extensions/delete']}"
      ))
    await stage.failOver()
    #expect(await stage.ask("GET", "\(Stage.recovered)?api-version=1").status == 200)
    #expect(await stage.put("AzureMonitorWindowsAgent").status == 201)
    stage.clock.advance(by: 60)
    let delete = await stage.ask("DELETE", "\(Stage.recovered)/extensions/AzureMonitorWindowsAgent?api-version=1")
    #expect(delete.status == 403 && delete.body.contains("AuthorizationFailed"))
    #expect(delete.body.contains("'microsoft.compute/virtualmachines/extensions/delete'"), "\(delete.body)")
    let put = await stage.ask(
      "PUT", "\(Stage.recovered)/providers/Microsoft.Insights/dataCollectionRuleAssociations/x?api-version=1", "{}")
    #expect(put.status == 403 && put.body.contains("'microsoft.insights/datacollectionruleassociations/write'"))
  }

  @Test("Key Vaults, and versions that a region has: none by an empty list, or by 404")
  func resources() async throws {
    let vault = "\(Self.subscription)/resourceGroups/rg-kv/providers/Microsoft.KeyVault/vaults/kv"
    let stage = try Stage("plain") {
      """
      keyVaults: [{id: \(vault), location: ukwest, enabledForDeployment: false}]
      versions: [{location: ukwest, type: AzureMonitorLinuxAgent, versions: []}]

      """
        + $0.replacing("    os: windows", with: "    os: windows\n    options: {withdrawn: [AzureMonitorWindowsAgent]}")
    }
    let told = try await stage.read("\(vault)?api-version=2023-07-01")
    #expect(told["properties"]?["enabledForDeployment"]?.text == "false" && told["location"]?.string == "ukwest")
    #expect(await stage.ask("GET", "\(vault)2?api-version=2023-07-01").status == 404)
    func versions(_ location: String, _ type: String) async -> SimulatedResponse {
      await stage.ask(
        "GET",
        "\(Self.subscription)/providers/Microsoft.Compute/locations/\(location)/publishers/Microsoft.Azure.Monitor/artifacttypes/vmextension/types/\(type)/versions?api-version=2024-07-01"
      )
    }
    let empty = await versions("ukwest", "AzureMonitorLinuxAgent")
    #expect(empty.status == 200 && empty.body == "[]")
    #expect(await versions("uksouth", "AzureMonitorLinuxAgent").body.contains(#""name":"1.2.5.18""#))
    #expect(await versions("ukwest", "AzureMonitorWindowsAgent").status == 404)
  }

  @Test("the clock that it tells of may be another than the host's, and needs no token")
  func clock() async throws {
    let stage = try Stage("plain") { "clockSkew: 90\n" + $0 }
    #expect(stage.azure.time.http == "Tue, 03 Feb 2026 10:14:50 GMT", "the stage begins at 10:13:20")
    let answer = await stage.azure.respond(
      to: SimulatedRequest(method: "GET", target: "/metadata/endpoints?api-version=2022-09-01", origin: "http://sim"))
    #expect(answer.status == 200 && answer.body.contains("http://sim"))
  }

  @Test("a host may have no identity")
  func identity() async throws {
    let stage = try Stage("plain") { "hasNoIdentity: true\n" + $0 }
    let answer = await stage.azure.respond(
      to: SimulatedRequest(
        method: "GET", target: "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r",
        headers: ["metadata": "true"], origin: "http://sim"))
    #expect(answer.status == 400 && answer.body.contains("Identity not found"))
  }
}

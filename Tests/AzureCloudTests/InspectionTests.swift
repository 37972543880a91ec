import AftercareTesting
import AzureCloud
import CurlTransport
import Foundation
import HTTPTypes
import RecoveryCore
import Testing

@Suite("The inspection")
struct InspectionTests {
  static let region = ComputeRegion(subscription: "1111", location: "ukwest")

  static func cloud(
    _ answers: [ScriptedExchange.Answer], identity: IdentityConfiguration = .token("t")
  ) -> (AzureCloud, ScriptedExchange) {
    let exchange = ScriptedExchange(answers)
    return (AzureCloud(.azure, identity: identity, exchange: exchange, pause: Pause { _ in }), exchange)
  }

  @Test("reads permissions page by page, and takes what is left out for none")
  func permissions() async throws {
    let next = "https://management.azure.com/next"
    let (cloud, exchange) = Self.cloud([
      .init(
        body:
          #"{"value": [{"actions": ["*/read"], "notActions": ["x"], "dataActions": []}], "nextLink": "\#(next)"}"#),
      .init(body: #"{"value": [{"actions": ["Microsoft.Compute/*"], "condition": null}, {}]}"#),
    ])
    let scope = Samples.id("/subscriptions/1111/resourceGroups/rg-ukw")
    let read = try await cloud.permissions(at: scope)
    #expect(
      read == [
        Permission(actions: ["*/read"], notActions: ["x"]), Permission(actions: ["Microsoft.Compute/*"]),
        Permission(actions: []),
      ])
    #expect(
      exchange.urls == [
        "https://management.azure.com/subscriptions/1111/resourceGroups/rg-ukw/providers/Microsoft.Authorization/permissions?api-version=2022-04-01",
        next,
      ])
  }

  @Test(
    "takes an empty list and a 404 alike for a type that the region does not have",
    arguments: [
      (200, #"[{"name": "1.2.3.4", "location": "ukwest"}, {"name": "1.36.0.0"}]"#, ["1.2.3.4", "1.36.0.0"]),
      (200, "[]", []),
      (404, #"{"error": {"code": "ArtifactNotFound", "message": "The VM extension could not be found."}}"#, []),
      (404, #"{"error": {"code": "NotFound"}}"#, []),
    ])
  func versions(status: Int, body: String, names: [String]) async throws {
    let (cloud, exchange) = Self.cloud([.init(status: status, body: body)])
    #expect(try await cloud.versions(of: .azureMonitorLinuxAgent, in: Self.region) == names)
    #expect(
      exchange.urls == [
        "https://management.azure.com/subscriptions/1111/providers/Microsoft.Compute/locations/ukwest/publishers/Microsoft.Azure.Monitor/artifacttypes/vmextension/types/AzureMonitorLinuxAgent/versions?api-version=2024-07-01"
      ])
  }

  @Test(
    "does not take a refusal, or what is no list, for an empty one",
    arguments: [
      (403, #"{"error": {"code": "AuthorizationFailed"}}"#, Fault.Kind.forbidden),
      (200, #"{"value": []}"#, .unintelligible),
    ])
  func noVersions(status: Int, body: String, kind: Fault.Kind) async throws {
    let (cloud, _) = Self.cloud([.init(status: status, body: body)])
    let fault = await #expect(throws: Fault.self) {
      try await cloud.versions(of: .azureMonitorLinuxAgent, in: Self.region)
    }
    #expect(fault?.kind == kind)
  }

  @Test(
    "asks for each kind of resource with its own api-version",
    arguments: [
      ("Microsoft.Insights/dataCollectionRules/r", "2023-03-11"),
      ("Microsoft.KeyVault/vaults/r", "2023-07-01"),
      ("Microsoft.ManagedIdentity/userAssignedIdentities/r", "2023-01-31"),
    ])
  func resource(type: String, version: String) async throws {
    let id = Samples.id("/subscriptions/1111/resourceGroups/g/providers/\(type)")
    let (cloud, exchange) = Self.cloud([
      .init(body: #"{"id": "x", "location": "UK West", "properties": {"enabledForDeployment": true}}"#),
      .init(status: 404, body: #"{"error": {"code": "ResourceNotFound"}}"#), .init(body: #"{"id": "x"}"#),
    ])
    let read = try await cloud.resource(id)
    #expect(read == RegionalResource(id: id, location: "ukwest", isEnabledForDeployment: true))
    #expect(exchange.urls.first?.hasSuffix("\(id.text)?api-version=\(version)") == true)
    #expect(try await cloud.resource(id) == nil)
    let fault = await #expect(throws: Fault.self) { try await cloud.resource(id) }
    #expect(fault?.kind == .unintelligible)
  }

  @Test("asks for the time without a token, and takes any answer that has a date")
  func time() async throws {
    let date = ["Date": "Tue, 03 Feb 2026 10:14:42 GMT"]
    let (cloud, exchange) = Self.cloud([
      .init(headers: date), .init(status: 503, headers: date, body: "<html>"), .init(),
    ])
    #expect(try await cloud.time().iso8601 == "2026-02-03T10:14:42Z")
    #expect(try await cloud.time().iso8601 == "2026-02-03T10:14:42Z")
    let fault = await #expect(throws: Fault.self) { try await cloud.time() }
    #expect(fault?.kind == .unintelligible)
    #expect(exchange.asked.allSatisfy { $0.fields[.authorization] == nil })
  }

  /// `header.payload.signature`, as Entra ID issues it.
  static func token(_ payload: String) -> String {
    let text = Data(payload.utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    return "eyJhbGciOiJSUzI1NiJ9.\(text).c2lnbmF0dXJl"
  }

  @Test(
    "says for whom a token is, where the token tells",
    arguments: [
      (token(#"{"aud":"arm","oid":"9A000000-0000-4000-8000-000000000001"}"#), "9a000000-0000-4000-8000-000000000001"),
      (token(#"{"oid":"9a000000-0000-4000-8000-000000000001","x":"??>>"}"#), "9a000000-0000-4000-8000-000000000001"),
      (token(#"{"oid":"; rm -rf /"}"#), nil), (token(#"{"aud":"arm"}"#), nil), (token("no JSON"), nil),
      ("an.opaque", nil), ("opaque", nil), ("a.%%%.c", nil),
    ])
  func principal(token: String, id: String?) async throws {
    let (cloud, _) = Self.cloud([], identity: .token(token))
    let principal = try await cloud.signIn()
    #expect(principal == Principal(source: "fixed token", objectID: id))
  }
}

import AftercareTesting
import AzureCloud
import CurlTransport
import Foundation
import HTTPTypes
import RecoveryCore
import Testing

@Suite("A token")
struct IdentityTests {
  typealias Answer = ScriptedExchange.Answer
  static let empty = Answer(body: #"{"value":[]}"#)
  static let imds = Answer(body: #"{"access_token":"secret-1","expires_in":"86399","expires_on":"1770120000"}"#)

  static func cloud(
    _ exchange: ScriptedExchange, _ identity: IdentityConfiguration, _ environment: [String: String] = [:]
  ) -> AzureCloud {
    AzureCloud(.azure, identity: identity, exchange: exchange, environment: environment, pause: Pause { _ in })
  }

  @Test("comes from IMDS, whose numbers are strings, and is asked for once")
  func managedIdentity() async throws {
    let exchange = ScriptedExchange([Self.imds, Self.empty, Self.empty])
    let cloud = Self.cloud(exchange, .managedIdentity(.clientID("a b")))
    _ = try await cloud.associations(of: Samples.source)
    _ = try await cloud.associations(of: Samples.source)
    #expect(
      exchange.urls.first
        == "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F&client_id=a%20b"
    )
    #expect(exchange.asked[1].fields[.authorization] == "Bearer secret-1")
    #expect(exchange.asked.count == 3)
  }

  @Test(
    "is asked for again while IMDS updates, and not when it refuses",
    arguments: [(404, 2), (410, 2), (429, 2), (503, 2), (400, 1)])
  func imdsAnswers(status: Int, tries: Int) async {
    let exchange = ScriptedExchange([
      Answer(status: status, body: #"{"error":"x","error_description":"y"}"#), Self.imds, Self.empty,
    ])
    let fault = await ARMTests.fault {
      _ = try await Self.cloud(exchange, .managedIdentity(nil)).associations(of: Samples.source)
    }
    #expect((fault == nil) == (tries == 2))
    #expect(exchange.urls.count { $0.contains("metadata") } == tries)
  }

  @Test("is sought in the order of the official SDKs, and what was tried is said")
  func chain() async {
    let no = Answer(status: 400, body: #"{"error":"invalid_client","error_description":"AADSTS7000215: wrong"}"#)
    let exchange = ScriptedExchange([no, no, no])
    let file = FileManager.default.temporaryDirectory.appending(path: "aftercare-token-\(UUID().uuidString)")
    #expect(throws: Never.self) { try "assertion\n".write(to: file, atomically: true, encoding: .utf8) }
    defer { try? FileManager.default.removeItem(at: file) }
    let environment = [
      "AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client", "AZURE_CLIENT_SECRET": "s3cret&",
      "AZURE_FEDERATED_TOKEN_FILE": file.path,
    ]
    let fault = await ARMTests.fault {
      _ = try await Self.cloud(exchange, .automatic, environment).associations(of: Samples.source)
    }
    #expect(fault?.kind == .unauthenticated)
    let bodies = exchange.asked.map { String(decoding: $0.body ?? [], as: UTF8.self) }
    #expect(bodies[0].contains("client_secret=s3cret%26"))
    #expect(bodies[1].contains("client_assertion=assertion"))
    #expect(exchange.urls[2].contains("169.254.169.254"))
    for name in ["client secret", "workload identity", "managed identity"] {
      #expect(fault?.message.contains(name) == true)
    }
    #expect(fault?.message.contains("s3cret") == false)
  }

  @Test("is fetched once for many who wait")
  func singleFlight() async throws {
    let exchange = ScriptedExchange([Self.imds] + Array(repeating: Self.empty, count: 20))
    let cloud = Self.cloud(exchange, .managedIdentity(nil))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try await cloud.associations(of: Samples.source) } }
      try await group.waitForAll()
    }
    #expect(exchange.urls.count { $0.contains("metadata") } == 1)
  }

  @Test("does not show itself")
  func redacted() {
    let token = AccessToken(value: "secret-1", lifetime: .seconds(60))
    #expect(!"\(token)".contains("secret") && !String(reflecting: token).contains("secret"))
    var dumped = ""
    dump(token, to: &dumped)
    #expect(!dumped.contains("secret"))
  }
}

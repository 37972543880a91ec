import AftercareTesting
import CurlTransport
import Foundation
import HTTPTypes
import RecoveryCore
import Testing

@testable import AzureCloud

@Suite("Logs Ingestion")
struct LogsIngestionTests {
  static let endpoint = "https://dcr-a.uksouth-1.ingest.monitor.azure.com"
  static let rule = "dcr-0123456789abcdef0123456789abcdef"
  static let token = #"{"access_token":"issued-to-us","expires_in":3599}"#

  static func ingestion(
    _ exchange: ScriptedExchange, _ cloud: CloudEnvironment = .azure, identity: IdentityConfiguration = .token("token")
  ) -> LogsIngestion {
    AzureCloud(cloud, identity: identity, exchange: exchange, pause: Pause { _ in })
      .logsIngestion(at: endpoint, rule: rule, stream: "Custom-Aftercare")
  }

  static func rows(_ count: Int, size: Int = 10) -> [JSONValue] {
    (0..<count).map {
      .object(["Sequence": .integer(Int64($0)), "Message": .string(String(repeating: "x", count: size))])
    }
  }

  private static func posted(_ request: TransferRequest) throws -> [Int] {
    let rows = try JSONSerialization.jsonObject(with: Data(request.body ?? [])) as? [[String: Any]]
    return try #require(rows).compactMap { $0["Sequence"] as? Int }
  }

  @Test(
    "is posted an array, compressed, with a token for its own audience",
    arguments: [
      (CloudEnvironment.azure, "https%3A%2F%2Fmonitor.azure.com%2F.default"),
      (.azureUSGovernment, "https%3A%2F%2Fmonitor.azure.us%2F.default"),
      (.azureChina, "https%3A%2F%2Fmonitor.azure.cn%2F.default"),
    ])
  func posts(cloud: CloudEnvironment, scope: String) async throws {
    let exchange = ScriptedExchange([.init(body: Self.token), .init(status: 204, body: "")])
    let identity = IdentityConfiguration.clientSecret(tenant: "t", client: "c", secret: "very-secret")
    try await Self.ingestion(exchange, cloud, identity: identity).send(Self.rows(3))
    #expect(exchange.asked.count == 2)
    let form = String(decoding: try #require(exchange.asked[0].body), as: UTF8.self)
    #expect(form.contains("scope=\(scope)"), "\(form)")
    let request = exchange.asked[1]
    #expect(
      request.url
        == "\(Self.endpoint)/dataCollectionRules/\(Self.rule)/streams/Custom-Aftercare?api-version=2023-01-01")
    #expect(request.method == .post && request.compressesBody)
    #expect(request.fields[.authorization] == "Bearer issued-to-us")
    #expect(request.fields[.contentType] == "application/json")
    #expect(try Self.posted(request) == [0, 1, 2])
  }

  @Test("is posted no more than a megabyte at once, and every row once and in order")
  func bounded() async throws {
    let exchange = ScriptedExchange(Array(repeating: .init(status: 204, body: ""), count: 10))
    try await Self.ingestion(exchange).send(Self.rows(50, size: 60_000))
    #expect(exchange.asked.count == 4)
    #expect(exchange.asked.allSatisfy { ($0.body?.count ?? 0) <= 1_000_000 })
    #expect(try exchange.asked.flatMap { try Self.posted($0) } == Array(0..<50))
  }

  @Test("is posted halves of what is too large for it")
  func tooLarge() async throws {
    let fat = ScriptedExchange.Answer(status: 413, body: #"{"error":{"code":"ContentLengthLimitExceeded"}}"#)
    let fine = ScriptedExchange.Answer(status: 204, body: "")
    let exchange = ScriptedExchange([fat, fat, fine, fine, fine])
    try await Self.ingestion(exchange).send(Self.rows(4))
    #expect(try exchange.asked.map { try Self.posted($0) } == [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]])
    let single = ScriptedExchange([fat])
    let fault = await ARMTests.fault { try await Self.ingestion(single).send(Self.rows(1)) }
    #expect(fault?.status == 413 && fault?.kind == .invalid)
  }

  @Test(
    "that says no is told apart by what can be done about it",
    arguments: [
      (403, Fault.Kind.forbidden), (404, .notFound), (400, .invalid), (500, .unavailable), (503, .unavailable),
      (200, .unintelligible), (302, .unintelligible),
    ])
  func refusals(status: Int, kind: Fault.Kind) async {
    let exchange = ScriptedExchange([.init(status: status, body: #"{"error":{"code":"X","message":"no"}}"#)])
    let fault = await ARMTests.fault { try await Self.ingestion(exchange).send(Self.rows(1)) }
    #expect(fault?.kind == kind)
    // A POST whose outcome is not known is the outbox's to repeat.
    #expect(exchange.asked.count == 1)
  }

  @Test("that asks for patience gets it, and a refused token is replaced once")
  func patience() async {
    let throttled = ScriptedExchange([.init(status: 429, headers: ["Retry-After": "45"])])
    let fault = await ARMTests.fault { try await Self.ingestion(throttled).send(Self.rows(1)) }
    #expect(fault?.kind == .throttled && fault?.retryAfter == .seconds(45))
    let stale = ScriptedExchange([.init(status: 401), .init(status: 204, body: "")])
    let none = await ARMTests.fault { try await Self.ingestion(stale).send(Self.rows(1)) }
    #expect(none == nil && stale.asked.count == 2)
  }
}

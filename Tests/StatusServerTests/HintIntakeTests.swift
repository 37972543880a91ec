import AftercareTesting
import HTTPTypes
import RecoveryCore
import Testing

@testable import StatusServer
@testable import WatchEngine

@Suite("The intake of hints", .timeLimit(.minutes(5)))
struct HintIntakeTests {
  static let secret = "fedcba9876543210"
  static let page = "0123456789abcdef"
  static let path = "/api/v1/hint"
  static let bearer = ["Authorization": "Bearer \(secret)", "Content-Type": "application/json"]

  static func ask(
    _ port: Int, _ method: String = "POST", query: String = "", headers: [String: String] = [:], body: String? = nil
  ) async throws -> StatusServerTests.Answer {
    try await StatusServerTests.ask(port, path + query, method: method, headers: headers, body: body)
  }

  @Test("is not there unless it is configured, on whatever address and with whatever token")
  func off() async throws {
    for isLoopback in [true, false] {
      try await StatusServerTests.serving(isLoopback: isLoopback) { port, _, _ async throws in
        for method in ["GET", "POST", "OPTIONS"] {
          #expect(try await Self.ask(port, method).status == 404)
          #expect(try await Self.ask(port, method, headers: ["Authorization": "Bearer \(Self.page)"]).status == 404)
        }
      }
    }
  }

  @Test("takes its own token, in a header or in the URL, and no other")
  func tokens() async throws {
    try await StatusServerTests.serving(isLoopback: false, hintToken: Self.secret) { port, _, watch async throws in
      #expect(try await Self.ask(port, headers: Self.bearer).status == 202)
      let inURL = try await Self.ask(port, query: "?code=\(Self.secret)")
      #expect(inURL.status == 202 && inURL.body == "{\"accepted\":1}\n")
      for (query, header) in [
        ("", nil), ("?code=", nil), ("?code=\(Self.page)", nil), ("?code=\(Self.secret)x", nil),
        ("", "Bearer \(Self.page)"), ("?code=\(Self.secret)", "Bearer \(Self.page)"), ("", "Basic \(Self.secret)"),
      ] as [(String, String?)] {
        let answer = try await Self.ask(port, query: query, headers: header.map { ["Authorization": $0] } ?? [:])
        #expect(answer.status == 401 && answer.fields[.wwwAuthenticate] == "Bearer", "\(query) \(header ?? "")")
      }
      #expect(watch.hints.counts[.refused] == 7)
      // And it opens nothing else.
      for path in ["/", "/metrics", "/api/v1/status", "/api/v1/hint/", "/api/v1/status?code=\(Self.secret)"] {
        let answer = try await StatusServerTests.ask(port, path, headers: Self.bearer)
        #expect(answer.status == 401, "\(path)")
      }
      let order = try await StatusServerTests.ask(
        port, "/api/v1/orders", method: "POST", headers: Self.bearer, body: #"{"order": "resume"}"#)
      #expect(order.status == 401)
      let metrics = try await StatusServerTests.ask(port, "/metrics", headers: ["Authorization": "Bearer \(Self.page)"])
      #expect(metrics.body.contains("aftercare_hints_total{outcome=\"refused\"} 7"))
      #expect(metrics.body.contains("aftercare_hints_total{outcome=\"merged\"} 1"))
    }
  }

  @Test("answers what is known, unknown and foreign alike")
  func silence() async throws {
    try await StatusServerTests.serving(hintToken: Self.secret) { port, _, watch async throws in
      try await watch.fleet.commit(.init(item: JournalSamples.item()))
      for id in [Samples.vault, Samples.recovered, Samples.id("/subscriptions/9/x")] {
        let answer = try await Self.ask(port, headers: Self.bearer, body: "{\"machine\": \"\(id)\"}")
        #expect(answer.status == 202 && answer.body == "{\"accepted\":1}\n")
      }
    }
  }

  @Test("shakes hands with Event Grid in both of its schemas")
  func handshakes() async throws {
    try await StatusServerTests.serving(hintToken: Self.secret) { port, _, watch async throws in
      let validation =
        #"[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "512d38b6"}}]"#
      let answer = try await Self.ask(
        port, query: "?code=\(Self.secret)", headers: ["Content-Type": "application/json; charset=utf-8"],
        body: validation)
      #expect(answer.status == 200 && answer.body == "{\"validationResponse\":\"512d38b6\"}\n")
      #expect(watch.hints.pending == 0)
      let allowedOrigin = try #require(HTTPField.Name("WebHook-Allowed-Origin"))
      let allowedRate = try #require(HTTPField.Name("WebHook-Allowed-Rate"))
      let origin = ["WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"]
      let allowed = try await Self.ask(port, "OPTIONS", query: "?code=\(Self.secret)", headers: origin)
      #expect(allowed.status == 200)
      #expect(allowed.fields[allowedOrigin] == "eventgrid.azure.net")
      #expect(allowed.fields[allowedRate] == "*")
      #expect(try await Self.ask(port, "OPTIONS", headers: origin).status == 401)
      #expect(try await Self.ask(port, "OPTIONS", query: "?code=\(Self.secret)").status == 400)
    }
  }

  @Test("says what it does not take, and bounds it")
  func refusals() async throws {
    try await StatusServerTests.serving(hintToken: Self.secret) { port, _, watch async throws in
      let wrong = try await Self.ask(port, headers: Self.bearer, body: #"{"vault": "marker"}"#)
      #expect(wrong.status == 400 && wrong.type.hasPrefix("application/json"))
      #expect(wrong.body.contains("its 'vault' is no ARM id") && wrong.body.contains("Event Grid"))
      #expect(!wrong.body.contains("marker"))
      let form = Self.bearer.merging(["Content-Type": "text/plain"]) { $1 }
      #expect(try await Self.ask(port, headers: form, body: "{}").status == 415)
      for type in ["application/cloudevents+json; charset=utf-8", "application/cloudevents-batch+json"] {
        let headers = Self.bearer.merging(["Content-Type": type]) { $1 }
        #expect(try await Self.ask(port, headers: headers, body: "[]").status == 202, "\(type)")
      }
      let got = try await Self.ask(port, "GET", headers: Self.bearer)
      #expect(got.status == 405 && got.fields[.allow] == "POST, OPTIONS")
      let large = try await Self.ask(
        port, headers: Self.bearer, body: String(repeating: " ", count: HintIntake.mostBytes + 1))
      #expect(large.status == 413)
      #expect(watch.hints.counts[.invalid] == 3 && watch.hints.pending == 0)
    }
  }
}

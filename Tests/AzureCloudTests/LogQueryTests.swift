import AftercareTesting
import AzureCloud
import CurlTransport
import RecoveryCore
import Testing

@Suite("Log Analytics")
struct LogQueryTests {
  static let source = DataSource(workspace: "6f0c0000-0000-4000-8000-000000000001", table: "Heartbeat")

  static func answer(_ row: String) -> String {
    #"{"tables":[{"name":"PrimaryResult","columns":[{"name":"_ResourceId","type":"string"},"#
      + #"{"name":"min_TimeGenerated","type":"datetime"},{"name":"max_TimeGenerated","type":"datetime"}],"rows":[\#(row)]}]}"#
  }

  @Test("is asked for rows of the machine's own id, at its own host")
  func asks() async throws {
    let exchange = ScriptedExchange([
      .init(
        body: Self.answer(
          #"["\#(Samples.source.key)","2026-02-03T09:00:00Z","2026-02-03T10:02:00Z"],"#
            + #"["\#(Samples.recovered.key)","2026-02-03T10:31:12Z","2026-02-03T10:40:00.1234567Z"]"#))
    ])
    let spans = try await ARMTests.cloud(exchange).rows(
      of: Samples.recovered, after: Samples.source, in: [Self.source], since: Samples.failedOver)
    let first = try #require(Timestamp(iso8601: "2026-02-03T10:31:12Z"))
    #expect(spans[Self.source]?.first == first)
    #expect(spans[Self.source]?.lastBefore == Timestamp(iso8601: "2026-02-03T10:02:00Z"))
    let asked = try #require(exchange.asked.first)
    #expect(asked.url == "https://api.loganalytics.io/v1/workspaces/\(Self.source.workspace)/query")
    let body = String(decoding: try #require(asked.body), as: UTF8.self)
    #expect(body.contains("Heartbeat | where (_ResourceId =~ '\(Samples.recovered.key)' and TimeGenerated > "))
    #expect(body.contains("or (_ResourceId =~ '\(Samples.source.key)' and "))
  }

  @Test(
    "says that there is no row by nulls, or by no row",
    arguments: ["", "[null,null,null]", "[ID,null,null]", #"[ID,"",""]"#, #"[ID,"0001-01-01T00:00:00Z",null]"#, "[ID]"])
  func none(row: String) async throws {
    let row = row.replacing("ID", with: "\"\(Samples.recovered.key)\"")
    let exchange = ScriptedExchange([.init(body: Self.answer(row))])
    let spans = try await ARMTests.cloud(exchange).rows(
      of: Samples.recovered, after: Samples.source, in: [Self.source], since: Samples.failedOver)
    #expect(spans.isEmpty)
  }

  @Test("is not believed when it answers a part, nothing, or an error")
  func errors() async {
    let bodies = [
      #"{"error":{"code":"PartialError","message":"timed out"},"tables":[]}"#, #"{"tables":[]}"#, "<html>",
    ]
    for body in bodies {
      let exchange = ScriptedExchange([.init(body: body)])
      let fault = await ARMTests.fault {
        _ = try await ARMTests.cloud(exchange).rows(
          of: Samples.recovered, after: Samples.source, in: [Self.source], since: Samples.failedOver)
      }
      #expect(fault?.course == .passes, "\(body)")
    }
  }
}

import Foundation
import Testing

@testable import AzureSimulator

@Suite("Logs Ingestion of the simulated Azure")
struct LogsIngestionTests {
  private static let rule = "dcr-0123456789abcdef0123456789abcdef"
  private static let target = "/dataCollectionRules/\(rule)/streams/Custom-Aftercare?api-version=2023-01-01"
  /// `[{"a":1}]`, compressed by gzip(1).
  private static let gzip: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x8b, 0xae, 0x56, 0x4a, 0x54, 0xb2, 0x32, 0xac, 0x8d,
    0x05, 0x00, 0x7d, 0x73, 0xcb, 0xf2, 0x09, 0x00, 0x00, 0x00,
  ]

  private let stage: Stage

  init() throws { stage = try Stage("plain") { "streams: {\(Self.rule): Custom-Aftercare}\n" + $0 } }

  private func post(
    _ target: String = Self.target, _ body: [UInt8] = Array("[]".utf8), token: String = "simulator-token",
    headers: [String: String] = [:]
  ) async -> SimulatedResponse {
    let fields = ["authorization": "Bearer \(token)", "content-type": "application/json"].merging(headers) { $1 }
    return await stage.azure.respond(
      to: SimulatedRequest(method: "POST", target: target, headers: fields, body: body, origin: "http://sim"))
  }

  private func rows() async throws -> [String] {
    try await stage.read("/_simulator/truth")["ingested"]?["Custom-Aftercare"]?.elements.map(\.text) ?? []
  }

  @Test("keeps the rows of an array, compressed or not, and says nothing")
  func keeps() async throws {
    let plain = await post(Self.target, Array(#"[{"b":2},{"c":3}]"#.utf8))
    #expect(plain.status == 204 && plain.body.isEmpty)
    #expect(await post(Self.target, Self.gzip, headers: ["content-encoding": "gzip"]).status == 204)
    #expect(try await rows() == [#"{"b":2}"#, #"{"c":3}"#, #"{"a":1}"#])
  }

  @Test("refuses what Azure refuses, and keeps none of it")
  func refuses() async throws {
    let other = Self.target.replacing("0123", with: "ffff")
    #expect(await post(other).status == 404)
    #expect(await post(Self.target.replacing("Custom-Aftercare", with: "Custom-Other")).status == 400)
    #expect(await post(Self.target.replacing("2023-01-01", with: "2021-11-01-preview")).status == 400)
    #expect(await post(Self.target, Array(#"{"a":1}"#.utf8)).status == 400)
    #expect(await post(Self.target, Array("[1]".utf8)).status == 400)
    #expect(await post(headers: ["content-type": "text/plain"]).status == 415)
    #expect(await post(token: "nobody's").status == 401)
    let fat = await post(Self.target, Array(("[" + String(repeating: " ", count: 1 << 20) + "]").utf8))
    #expect(fat.status == 413)
    #expect(fat.headers.contains { $0 == ("x-ms-error-code", "ContentLengthLimitExceeded") })
    for body in [Array(Self.gzip.dropLast(9)), Array("[]".utf8)] {
      #expect(await post(Self.target, body, headers: ["content-encoding": "gzip"]).status == 400)
    }
    #expect(try await rows().isEmpty)
  }

  @Test("takes a token that was issued for it, and none that was issued for ARM")
  func audience() async throws {
    for (scope, status) in [("https://monitor.azure.com", 204), ("https://management.azure.com", 403)] {
      let form = "client_secret=simulator-secret&scope=\(scope)/.default"
      let answer = await stage.ask("POST", "/t/oauth2/v2.0/token", form)
      let document = try JSONDecoder().decode(JSON.self, from: Data(answer.body.utf8))
      guard case .string(let token)? = document["access_token"] else {
        Issue.record("no token: \(answer.body)")
        return
      }
      #expect(await post(token: token).status == status, "\(scope)")
    }
  }
}

import AftercareApp
import AzureSimulator
import CurlTransport
import Foundation
import HTTPTypes
import Reporting
import Testing

/// The real executable, which looks once an hour unless it is told to.
@Suite("A hint", .timeLimit(.minutes(10)), .serialized)
struct HintTests {
  static let token = "fedcba9876543210"

  static func slow(_ yaml: String, port: Int) -> String {
    "listener: {port: \(port), hints: {token: \(token)}}\n"
      + yaml.replacing("items: 300ms, itemsMoving: 200ms", with: "items: 1h, itemsMoving: 1h")
      .replacing("machine: 10s", with: "machine: 1h")
  }

  static func send(_ body: String, to port: Int, with client: CurlClient) async throws -> Int {
    let answer = try await client.send(
      TransferRequest(
        method: .post, url: "http://127.0.0.1:\(port)/api/v1/hint?code=\(token)",
        fields: [.contentType: "application/json"], body: Array(body.utf8)))
    return answer.status.code
  }

  @Test("alone has a failover noticed, and a flood of them asks no more of Azure than the limit allows")
  func noticed() async throws {
    try await Region.with { region in
      let port = ProcessTests.port()
      let daemon = try ProcessTests.start(region, log: "daemon.log") { Self.slow($0, port: port) }
      defer { if daemon.isRunning { daemon.terminate() } }
      let log = region.folder.appending(path: "daemon.log")
      func isNoticed() throws -> Bool {
        try String(contentsOf: log, encoding: .utf8).contains("event=failover.noticed")
      }
      while (try? await StatusReport(configuration: region.configuration()).counts["watched"]) != 6 {
        try await Task.sleep(for: .milliseconds(50))
      }
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      var transport = CurlClient.Configuration()
      transport.allowsPlainHTTP = .loopbackOnly
      let client = try CurlClient(configuration: transport)
      let before = try await region.truth().requests["items", default: 0]
      #expect(try !isNoticed(), "nobody has looked")
      let began = ContinuousClock.now
      while try !isNoticed() { #expect(try await Self.send(#"{"item": "erp-app-01"}"#, to: port, with: client) == 202) }
      for round in 0..<20 {
        let events = (0..<1000).map { number in
          #"{"eventType": "a", "subject": "\#(region.scenario.vaultIDs[0])/flood/\#(round)-\#(number)"}"#
        }
        #expect(try await Self.send("[\(events.joined(separator: ","))]", to: port, with: client) == 202)
      }
      await client.shutdown()
      let pages = try await region.truth().requests["items", default: 0] - before
      // One sweep at once and one each five seconds, and a sweep is as many requests as the six items have pages.
      let size = region.scenario.vaults[0].pageSize
      let allowed = (1 + Int((ContinuousClock.now - began) / .seconds(5))) * ((6 + size - 1) / size)
      #expect(pages >= 1 && pages <= allowed, "\(pages) pages of \(allowed)")
      daemon.terminate()
      await ServiceTests.end(of: daemon)
      #expect(try !String(contentsOf: log, encoding: .utf8).contains(Self.token))
    }
  }
}

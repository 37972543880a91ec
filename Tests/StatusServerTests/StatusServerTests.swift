import AftercareTesting
import CurlTransport
import Foundation
import FoundationNetworking
import HTTPTypes
import Logging
import RecoveryCore
import Testing
import WatchEngine

@testable import StatusServer

@Suite("The status server", .timeLimit(.minutes(5)))
struct StatusServerTests {
  struct Answer {
    var status: Int
    var fields: HTTPFields
    var type: String
    var body: String
  }

  /// A server over a watch that does nothing by itself. What is committed comes from the test.
  static func serving(
    isLoopback: Bool = true, token: String? = "0123456789abcdef", hintToken: String? = nil,
    _ body: @escaping @Sendable (Int, any Journal, Watch) async throws -> Void
  ) async throws {
    let journal = MemoryJournal()
    let watch = try await Watch(
      cloud: EmptyCloud(), journal: journal, sinks: [NoSink(name: SinkName.log), NoSink(name: "webhook")],
      decider: Decider(policy: Policy(), requirements: Requirements(profiles: [Samples.profile])),
      settings: EngineSettings(vaults: [Samples.vault]), holder: "test",
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (ports, bound) = AsyncStream.makeStream(of: Int.self)
    let metrics = WatchMetrics(of: watch, version: "test")
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    let server = StatusServer(
      StatusSource(watch: watch, journal: journal, mode: "heal", version: "test"), metrics: metrics,
      at: .init(host: "127.0.0.1", port: 0, isLoopback: isLoopback), token: token,
      hintToken: hintToken, logger: quiet,
      onReady: { bound.yield($0) })
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await server.run()
        return false
      }
      group.addTask {
        try await metrics.run()
        return false
      }
      group.addTask {
        for await port in ports {
          try await body(port, journal, watch)
          return true
        }
        return true
      }
      while let isBody = try await group.next(), !isBody {}
      group.cancelAll()
    }
  }

  static func ask(
    _ port: Int, _ path: String, method: String = "GET", headers: [String: String] = [:], body: String? = nil
  ) async throws -> Answer {
    var fields = HTTPFields()
    for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
    var configuration = CurlClient.Configuration()
    configuration.allowsPlainHTTP = .loopbackOnly
    let client = try CurlClient(configuration: configuration)
    let answer = try await client.send(
      TransferRequest(
        method: try #require(HTTPRequest.Method(method)), url: "http://127.0.0.1:\(port)\(path)", fields: fields,
        body: body.map { Array($0.utf8) }))
    await client.shutdown()
    return Answer(
      status: answer.status.code, fields: answer.fields, type: answer.fields[.contentType] ?? "",
      body: String(decoding: answer.body, as: UTF8.self))
  }

  @Test("serves the fleet, a machine, its probes and its metrics")
  func serves() async throws {
    try await Self.serving { port, _, watch async throws in
      let events = [JournalSamples.event(.failoverNoticed), JournalSamples.event(.failoverCompleted)]
      try await watch.fleet.take(JournalSamples.item(), saying: events)
      let page = try await Self.ask(port, "/")
      #expect(page.status == 200 && page.type == "text/html; charset=utf-8")
      #expect(page.body.contains("erp-web-01"))
      let machine = try await Self.ask(port, "/machine?item=ERP-Web-01")
      #expect(machine.status == 200 && machine.body.contains("Baseline"))
      #expect(try await Self.ask(port, "/machine?item=nobody").status == 404)
      #expect(try await Self.ask(port, "/healthz").status == 200)
      let ready = try await Self.ask(port, "/readyz")
      #expect(ready.status == 503 && ready.body.contains("kv-dr was not read yet"))
      let metrics = try await Self.ask(port, "/metrics")
      #expect(metrics.body.contains("aftercare_items{vault=\"kv-dr\",condition=\"failed_over\"} 1"))
      #expect(metrics.body.contains("aftercare_heals_total{outcome=\"parked\"} 0"))
      for sink in ["log", "webhook"] {
        #expect(metrics.body.contains("aftercare_outbox_undelivered{sink=\"\(sink)\"} 2"))
      }
      let status = try await Self.ask(port, "/api/v1/status")
      #expect(status.type.hasPrefix("application/json") && status.body.contains("\"items\":1"))
      #expect(try await Self.ask(port, "/nowhere").status == 404)
      #expect(try await Self.ask(port, "/api/v1/failovers/none").status == 404)
    }
  }

  @Test("answers to no name but its own, so that no page elsewhere can read it through a browser")
  func names() async throws {
    try await Self.serving { port, _, _ async throws in
      for (host, status) in [("evil.example", 421), ("localhost", 200), ("127.0.0.1", 200)] {
        // Our own transport lets nobody choose the name.
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/")))
        request.setValue("\(host):\(port)", forHTTPHeaderField: "Host")
        let (_, response) = try await URLSession.shared.data(for: request)
        #expect((response as? HTTPURLResponse)?.statusCode == status, "\(host)")
      }
    }
  }

  @Test("changes something for the token alone")
  func orders() async throws {
    try await Self.serving { port, journal, _ async throws in
      let order = #"{"order": "pause", "reason": "change freeze"}"#
      func post(_ authorization: String?, _ body: String) async throws -> Answer {
        try await Self.ask(
          port, "/api/v1/orders", method: "POST", headers: authorization.map { ["Authorization": $0] } ?? [:],
          body: body)
      }
      #expect(try await post(nil, order).status == 401)
      #expect(try await post("Bearer 0123456789abcdeX", order).status == 401)
      let basic = Data("x:0123456789abcdef".utf8).base64EncodedString()
      #expect(try await post("Basic \(basic)", order).status == 401, "a browser would send it for any page")
      #expect(try await journal.openOrders().isEmpty)
      let wrong = try await post("Bearer 0123456789abcdef", #"{"order": "dance"}"#)
      #expect(wrong.status == 400 && wrong.body.contains("retry"))
      async let answer = post("Bearer 0123456789abcdef", order)
      while try await journal.openOrders().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      #expect(try await journal.openOrders().map(\.order) == [.pause(reason: "change freeze")])
      let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
      _ = try await journal.commit(JournalChange(answers: [OrderAnswer(to: 1, "paused")]), fence: fence)
      let done = try await answer
      #expect(done.body == "{\"outcome\":\"done\",\"words\":\"paused\"}\n")
    }
    try await Self.serving(token: nil) { port, _, _ async throws in
      let answer = try await Self.ask(port, "/api/v1/orders", method: "POST", body: #"{"order": "resume"}"#)
      #expect(answer.status == 403 && answer.body.contains("listener.token"))
    }
  }

  @Test("beyond loopback shows nothing without the token but that it lives")
  func beyondLoopback() async throws {
    try await Self.serving(isLoopback: false) { port, _, _ async throws in
      for path in ["/", "/metrics", "/api/v1/status", "/api/v1/events/stream"] {
        #expect(try await Self.ask(port, path).status == 401, "\(path)")
      }
      #expect(try await Self.ask(port, "/healthz").status == 200)
      let basic = Data("anybody:0123456789abcdef".utf8).base64EncodedString()
      #expect(try await Self.ask(port, "/", headers: ["Authorization": "Basic \(basic)"]).status == 200)
    }
  }

  @Test("bounds what a client may send")
  func limits() async throws {
    try await Self.serving { port, _, _ async throws in
      let large = String(repeating: "x", count: 64 << 10)
      let body = try await Self.ask(
        port, "/api/v1/orders", method: "POST", headers: ["Authorization": "Bearer 0123456789abcdef"], body: large)
      #expect(body.status == 413)
      let header = try? await Self.ask(port, "/", headers: ["X-Large": large])
      #expect(header.map { $0.status >= 400 } ?? true)
      #expect(try await Self.ask(port, "/healthz").status == 200, "and goes on")
    }
  }

  @Test("streams what is journalled, and goes on where a client has stopped")
  func streams() async throws {
    try await Self.serving { port, _, watch async throws in
      try await watch.fleet.take(JournalSamples.item(), saying: [JournalSamples.event(.failoverNoticed)])
      try await watch.fleet.take(JournalSamples.item(), saying: [JournalSamples.event(.failoverCompleted)])
      var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/api/v1/events/stream")))
      request.setValue("1", forHTTPHeaderField: "Last-Event-ID")
      let told = LineCollector()
      let session = URLSession(configuration: .ephemeral, delegate: told, delegateQueue: nil)
      session.dataTask(with: request).resume()
      while !told.text.contains("failover.completed") { try await Task.sleep(for: .milliseconds(10)) }
      try await watch.fleet.take(JournalSamples.item(), saying: [JournalSamples.event(.healStarted)])
      while !told.text.contains("heal.started") { try await Task.sleep(for: .milliseconds(10)) }
      #expect(!told.text.contains("failover.noticed"), "what it has seen is not told again")
      #expect(told.text.contains("id: 2\nevent: told\ndata: {"))
      session.invalidateAndCancel()
    }
  }
}

private struct NoSink: AlertSink {
  let name: String

  func deliver(_ events: [RecordedEvent]) async throws {}
}

extension Fleet {
  /// What a decision would have led to.
  fileprivate func take(_ item: ItemState, saying events: [Event] = []) async throws {
    try await commit(JournalChange(item: item, events: events))
  }
}

/// What a stream has brought so far.
private final class LineCollector: NSObject, URLSessionDataDelegate {
  private let held = Guarded("")
  var text: String { held.withLock { $0 } }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    held.withLock { $0 += String(decoding: data, as: UTF8.self) }
  }
}

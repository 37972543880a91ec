import AftercareTesting
import AlertSinks
import CurlTransport
import Foundation
import RecoveryCore
import Testing

@Suite("A webhook", .timeLimit(.minutes(10)))
struct WebhookSinkTests {
  private static let secret = "marker-webhook-key"

  private static func sink(
    _ url: String, _ client: CurlClient, format: WebhookSink.Format = .events
  ) -> WebhookSink {
    WebhookSink(
      name: "webhook", filter: .alerts, format: format, url: url, headers: ["Authorization": "Bearer \(secret)"],
      journal: "00c0ffee00c0ffee", client: client)
  }

  private static func document(_ request: ReceivedRequest?) throws -> [String: Any] {
    let body = try #require(request).body
    return try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
  }

  @Test("gets events in their order, each with its keys and an id of its own")
  func events() async throws {
    try await withReceiver { _ in
      [.answer("202 Accepted")]
    } body: { server, client in
      try await Self.sink(server.url("/hook?sig=\(Self.secret)"), client).deliver([alert(7), alert(8, .alertResolved)])
      let request = try #require(server.requests.first)
      #expect(server.requests.count == 1)
      #expect(request.requestLine == "POST /hook?sig=\(Self.secret) HTTP/1.1")
      #expect(request.values("authorization") == ["Bearer \(Self.secret)"])
      #expect(request.values("content-type") == ["application/json"])
      #expect(request.values("idempotency-key") == ["00c0ffee00c0ffee-7-\(Samples.start.milliseconds)..8"])
      let events = try #require(Self.document(request)["events"] as? [[String: Any]])
      #expect(events.map { $0["sequence"] as? Int } == [7, 8])
      #expect(events.map { $0["event"] as? String } == ["alert.raised", "alert.resolved"])
      #expect(
        events.map { $0["id"] as? String } == [7, 8].map { "00c0ffee00c0ffee-\($0)-\(Samples.start.milliseconds)" })
      #expect(events[0]["level"] as? String == "error")
      #expect(events[0]["vault"] as? String == "kv-dr")
      #expect((events[0]["fields"] as? [String: String])?["conditions"] == "3 healing, 2 parked")
    }
  }

  @Test("gets the same id when the same event is sent again")
  func sameID() async throws {
    let answers = Counting()
    try await withReceiver { _ in
      [.answer(answers.next() == 1 ? "503 Unavailable" : "200 OK")]
    } body: { server, client in
      let sink = Self.sink(server.url(), client)
      await #expect(throws: SinkError.self) { try await sink.deliver([alert(7)]) }
      try await sink.deliver([alert(7)])
      #expect(server.requests.count == 2)
      #expect(Set(server.requests.map { $0.body }).count == 1)
      #expect(Set(server.requests.flatMap { $0.values("idempotency-key") }).count == 1)
    }
  }

  @Test(
    "that says no is tried soon, or rarely, and for as long as it asks not at all",
    arguments: [
      ("408 Timeout", SinkError.Kind.unavailable), ("429 Slow", .unavailable), ("500 Oh", .unavailable),
      ("503 Un", .unavailable), ("400 Bad", .refused), ("401 Who", .refused), ("403 No", .refused),
      ("404 Gone", .refused), ("413 Fat", .refused), ("302 Found", .refused), ("307 There", .refused),
    ])
  func answers(status: String, kind: SinkError.Kind) async throws {
    let other = try LoopbackServer { _ in [.answer()] }
    defer { other.close() }
    let location = "Location: \(other.url("/\(Self.secret)"))"
    try await withReceiver { request in
      // A receiver that repeats what it was sent.
      let echo = Array((request.head + String(decoding: request.body, as: UTF8.self)).utf8)
      return [.answer(status, "Retry-After: 120", location, body: echo)]
    } body: { server, client in
      let sink = Self.sink(server.url("/\(Self.secret)?sig=\(Self.secret)"), client)
      let error = try #require(await #expect(throws: SinkError.self) { try await sink.deliver([alert(7)]) })
      #expect(error.kind == kind)
      #expect(error.retryAfter == .seconds(120))
      #expect(error.message == "the receiver answered HTTP \(status.prefix(3))")
      #expect(!"\(error) \(error.remedy) \(String(reflecting: error))".contains(Self.secret))
      #expect(server.requests.count == 1)
    }
    #expect(other.requests.isEmpty, "a redirect was followed")
  }

  @Test("that cannot be reached, or hangs up, is named by its host and nothing else")
  func transport() async throws {
    try await withReceiver { _ in
      [.reset]
    } body: { server, client in
      let sink = Self.sink(server.url("/\(Self.secret)"), client)
      let error = try #require(await #expect(throws: SinkError.self) { try await sink.deliver([alert(7)]) })
      #expect(error.kind == .unavailable)
      #expect(error.message.contains("127.0.0.1:\(server.port)"))
      #expect(!String(reflecting: error).contains(Self.secret))
    }
  }

  @Test("beyond this host is not spoken to in the clear")
  func plainHTTP() async throws {
    try await withReceiver { _ in
      [.answer()]
    } body: { _, client in
      let sink = Self.sink("http://192.0.2.1/\(Self.secret)", client)
      let error = try #require(await #expect(throws: SinkError.self) { try await sink.deliver([alert(7)]) })
      #expect(error.kind == .refused)
      #expect(error.message.hasPrefix("schemeNotAllowed"))
    }
  }

  @Test("gets no message of more than a megabyte, and every event all the same")
  func size() async throws {
    try await withReceiver { _ in
      [.answer()]
    } body: { server, client in
      let long = String(repeating: "é", count: 50_000)
      let events = (1...100).map { number in
        alert(Int64(number)) { event in for key in 0..<12 { event.fields["k\(key)"] = long } }
      }
      try await Self.sink(server.url(), client).deliver(events)
      #expect(server.requests.count > 1)
      #expect(server.requests.allSatisfy { $0.body.count <= 1_000_000 })
      let told = try server.requests.flatMap { request in
        try (Self.document(request)["events"] as? [[String: Any]] ?? []).map { $0["sequence"] as? Int }
      }
      #expect(told == Array(1...100))
    }
  }

  @Test("of Teams gets a message with an Adaptive Card for each event")
  func teams() async throws {
    try await withReceiver { _ in
      [.answer("202 Accepted")]
    } body: { server, client in
      let sink = Self.sink(server.url(), client, format: .teams)
      try await sink.deliver([
        alert(1) { $0.fields["cause"] = "see [here](https://evil.example)" }, alert(2, .alertResolved),
      ])
      let message = try Self.document(server.requests.first)
      #expect(message["type"] as? String == "message")
      let attachments = try #require(message["attachments"] as? [[String: Any]])
      #expect(
        attachments.map { $0["contentType"] as? String }
          == Array(repeating: "application/vnd.microsoft.card.adaptive", count: 2))
      let cards = attachments.compactMap { $0["content"] as? [String: Any] }
      #expect(cards.allSatisfy { $0["type"] as? String == "AdaptiveCard" && $0["version"] as? String == "1.4" })
      #expect(cards.allSatisfy { $0["$schema"] as? String == "http://adaptivecards.io/schemas/adaptive-card.json" })
      let body = try #require(cards[0]["body"] as? [[String: Any]])
      #expect(body.map { $0["type"] as? String } == ["TextBlock", "TextBlock", "FactSet"])
      #expect(body[0]["text"] as? String == "🔴 alert: failover kv-dr-20260203T101500Z")
      let facts = try #require(body[2]["facts"] as? [[String: String]])
      #expect(facts.first == ["title": "conditions", "value": "3 healing, 2 parked"])
      #expect(facts.contains(["title": "cause", "value": "see \\[here](https://evil.example)"]))
      #expect((cards[1]["body"] as? [[String: Any]])?[0]["color"] as? String == "Good")
    }
  }

  @Test("of Teams gets no message of more than 28 KB")
  func teamsSize() async throws {
    try await withReceiver { _ in
      [.answer("202 Accepted")]
    } body: { server, client in
      let events = (1...5).map { number in
        alert(Int64(number)) { event in
          for key in ["cause", "names", "evidence", "reason", "remedy"] {
            event.fields[key] = String(repeating: "x", count: 5000)
          }
        }
      }
      try await Self.sink(server.url(), client, format: .teams).deliver(events)
      #expect(server.requests.count > 1)
      #expect(server.requests.allSatisfy { $0.body.count <= 28_000 })
    }
  }

  @Test("of Slack gets a text and a section for each event, in which nothing mentions a channel")
  func slack() async throws {
    try await withReceiver { _ in
      [.answer(body: Array("ok".utf8))]
    } body: { server, client in
      let sink = Self.sink(server.url(), client, format: .slack)
      try await sink.deliver([alert(1) { $0.fields["cause"] = "<!channel> & \(String(repeating: "x", count: 9000))" }])
      let message = try Self.document(server.requests.first)
      #expect(message["text"] as? String == "🔴 alert: failover kv-dr-20260203T101500Z")
      let block = try #require((message["blocks"] as? [[String: Any]])?.first)
      #expect(block["type"] as? String == "section")
      let text = try #require(block["text"] as? [String: String])
      #expect(text["type"] == "mrkdwn")
      let words = try #require(text["text"])
      #expect(words.hasPrefix("*🔴 alert: failover kv-dr-20260203T101500Z*\n"))
      #expect(words.contains("cause: &lt;!channel&gt; &amp; xxx"))
      #expect(words.count <= 3000)
    }
  }
}

private final class Counting: Sendable {
  private let count = Guarded(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

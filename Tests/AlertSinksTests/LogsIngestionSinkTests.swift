import AlertSinks
import RecoveryCore
import Synchronization
import Testing

@Suite("A table in Log Analytics", .timeLimit(.minutes(10)))
struct LogsIngestionSinkTests {
  private static func sink(_ send: @escaping LogsIngestionSink.Send) -> LogsIngestionSink {
    LogsIngestionSink(name: "table", filter: .level(.info), journal: "00c0ffee00c0ffee", send: send)
  }

  @Test("gets a row for each event, with the id that tells it from its repetition")
  func rows() async throws {
    let sent = Mutex<[JSONValue]>([])
    try await Self.sink { rows in sent.withLock { $0 += rows } }.deliver([
      alert(7) { event in
        event.fields["cause"] = String(repeating: "x", count: 100_000)
        event.itemName = "erp-web-01"
      }
    ])
    let row = try #require(sent.withLock { $0 }.first)
    #expect(row["EventId"]?.text == "00c0ffee00c0ffee-7-1770113700000")
    #expect(row["TimeGenerated"]?.text == "2026-02-03T10:15:00Z")
    #expect(row["Sequence"] == .integer(7))
    #expect(row["Event"]?.text == "alert.raised" && row["Level"]?.text == "error" && row["Item"]?.text == "erp-web-01")
    #expect(row["Machine"] == nil)
    #expect(row["Fields"]?["subject"]?.text == "kv-dr-20260203T101500Z")
    #expect(row["Fields"]?["cause"]?.text?.utf8.count ?? .max < 3000)
  }

  @Test(
    "says no for good when a person must change something, and for now otherwise",
    arguments: [
      (Fault.Kind.forbidden, SinkError.Kind.refused), (.notFound, .refused), (.invalid, .refused),
      (.throttled, .unavailable), (.unavailable, .unavailable), (.unreachable, .unavailable),
      (.unauthenticated, .unavailable), (.unintelligible, .unavailable),
    ])
  func faults(kind: Fault.Kind, expected: SinkError.Kind) async throws {
    let sink = Self.sink { _ throws(Fault) in
      throw Fault(kind, code: "X", message: "no", resource: "/r", retryAfter: .seconds(33))
    }
    let error = try #require(await #expect(throws: SinkError.self) { try await sink.deliver([alert(1)]) })
    #expect(error.kind == expected && error.retryAfter == .seconds(33) && !error.remedy.isEmpty)
  }

  @Test("that is stopped on the way is no failure")
  func stopped() async {
    let sink = Self.sink { _ throws(Fault) in throw Fault(.stopped, code: "Stopped", message: "", resource: "/r") }
    await #expect(throws: CancellationError.self) { try await sink.deliver([alert(1)]) }
  }
}

extension JSONValue {
  fileprivate subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }

  fileprivate var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}

import AftercareApp
import AftercareTesting
import CurlTransport
import Foundation
import RecoveryCore
import SQLiteJournal
import Testing

/// The real executable tells a heal to several sinks, and is killed between a sink's yes and the note of it.
@Suite("Sinks of the daemon", .timeLimit(.minutes(10)), .serialized)
struct SinkTests {
  @Test(
    "are told every event in order, and after a kill again only what was not noted, whoever else is stuck",
    arguments: ["webhook", "file", "table"])
  func killed(sink: String) async throws {
    let receiver = try LoopbackServer { _ in [.answer("202 Accepted")] }
    defer { receiver.close() }
    // It says no at first, and then nothing at all: not even on the way down does anybody wait for it.
    let answers = Counter()
    let stuck = try LoopbackServer { _ in answers.next() <= 2 ? [.answer("503 Unavailable")] : [.stall] }
    defer { stuck.close() }
    let rule = "dcr-0123456789abcdef0123456789abcdef"
    let scenario = "streams: {\(rule): Custom-Aftercare}\n" + KilledHeal.scenario
    try await Region.with(yaml: scenario, speed: 120) { region in
      let sinks = """
        sinks:
          - {kind: file, path: events.jsonl, format: json, level: debug}
          - {kind: webhook, level: debug, url: "\(receiver.url("/hook"))"}
          - {kind: webhook, name: chat, format: slack, url: "\(receiver.url("/chat"))"}
          - {kind: webhook, name: stuck, level: debug, url: "\(stuck.url())"}
          - {kind: logsIngestion, name: table, level: debug, endpoint: "\(region.endpoint)", rule: \(rule), stream: Custom-Aftercare}

        """
      let events = try await Self.live(region, sinks, killedAt: "journal:to \(sink):before")
      let numbers = events.map(\.sequence)

      let file = try String(contentsOf: region.folder.appending(path: "events.jsonl"), encoding: .utf8)
        .split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
      Self.judge(file.compactMap { Int64($0.sequence) }, numbers, isCut: sink == "file")

      let hooks = receiver.requests.filter { $0.target == "/hook" }
      let told = try hooks.flatMap { try JSONDecoder().decode(Batch.self, from: Data($0.body)).events }
      Self.judge(told.map(\.sequence), numbers, isCut: sink == "webhook")
      #expect(Set(told.map(\.id)).count == numbers.count, "an event has one id, however often it is told")

      let rows = try await Self.rows(region)
      Self.judge(rows.map(\.sequence), numbers, isCut: sink == "table")
      #expect(Set(rows.map(\.id)).count == numbers.count)
      #expect(Set(rows.map(\.id)) == Set(told.map(\.id)))

      let alerts = events.filter { EventFilter.alerts.admits($0.event) }
      let chats = try receiver.requests.filter { $0.target == "/chat" }
        .map { try JSONDecoder().decode(Chat.self, from: Data($0.body)) }
      #expect(chats.reduce(0) { $0 + $1.blocks.count } == alerts.count)
      #expect(!alerts.isEmpty)

      let journal = try JournalDatabase(directory: region.folder.appending(path: "state").path, access: .readOnly)
      #expect(try await journal.undelivered(to: "stuck", limit: 10_000).map(\.sequence) == numbers)
      let log = try String(contentsOf: region.folder.appending(path: "second.log"), encoding: .utf8)
      let complaints = log.split(separator: "\n").filter { $0.contains("a sink does not take events") }
      #expect(!complaints.isEmpty && complaints.allSatisfy { $0.contains("sink=stuck") })
      // One cause is said once, however often it is met.
      let causes = complaints.compactMap { line in line.firstRange(of: "cause=").map { line[$0.upperBound...] } }
      #expect(!zip(causes, causes.dropFirst()).contains { $0 == $1 }, "\(complaints)")
    }
  }

  /// Two lives: the first is killed, the second sees the failover through, and is stopped when all sinks but the stuck one
  /// are told of it. Returns the whole story.
  static func live(_ region: Region, _ sinks: String, killedAt point: String) async throws -> [RecordedEvent] {
    let edit: @Sendable (String) -> String = { yaml in
      // Tokens are issued for an audience; the scenario's own would be good for any.
      let yaml = yaml.replacing(
        "{kind: token, token: simulator-token}",
        with: "{kind: clientSecret, tenantId: t, clientId: c, clientSecret: simulator-secret, "
          + "authorityHost: \"\(region.endpoint)\"}")
      let windows = yaml.firstRange(of: "  - name: linux").map { yaml[..<$0.lowerBound] } ?? yaml[...]
      return windows + "alerts: {gather: 100ms, groupInterval: 500ms}\n" + sinks
    }
    let first = try ProcessTests.start(region, log: "first.log", environment: ["AFTERCARE_CRASH_AT": point], edit)
    defer { if first.isRunning { kill(first.processIdentifier, SIGKILL) } }
    while first.isRunning { try await Task.sleep(for: .milliseconds(20)) }
    #expect(first.terminationReason == .uncaughtSignal)
    let second = try ProcessTests.start(region, log: "second.log", edit)
    defer { if second.isRunning { kill(second.processIdentifier, SIGKILL) } }
    func story() async -> [RecordedEvent] {
      let folder = region.folder.appending(path: "state").path
      guard let journal = try? JournalDatabase(directory: folder, access: .readOnly) else { return [] }
      return (try? await journal.events(about: nil, last: 100_000)) ?? []
    }
    func wait(for kind: EventKind) async throws {
      while await !story().contains(where: { $0.event.kind == kind }) { try await Task.sleep(for: .milliseconds(20)) }
    }
    func isTold() async -> Bool {
      let folder = region.folder.appending(path: "state").path
      guard let journal = try? JournalDatabase(directory: folder, access: .readOnly) else { return false }
      for sink in ["file", "webhook", "chat", "table"] {
        guard let left = try? await journal.undelivered(to: sink, limit: 1), left.isEmpty else { return false }
      }
      return true
    }
    try await wait(for: .baselineLearned)
    try await region.post("failover", #"{"all": true}"#)
    try await wait(for: .healHealed)
    try await wait(for: .alertResolved)
    // Who is stopped in the middle of a batch tells it again, as who is killed does.
    while await !isTold() { try await Task.sleep(for: .milliseconds(20)) }
    second.terminate()
    while second.isRunning { try await Task.sleep(for: .milliseconds(20)) }
    #expect(second.terminationStatus == 0)
    return await story()
  }

  /// What lies in the table, by the simulator's own truth.
  private static func rows(_ region: Region) async throws -> [Truth.Row] {
    var transport = CurlClient.Configuration()
    transport.allowsPlainHTTP = .loopbackOnly
    let client = try CurlClient(configuration: transport)
    let answer = try await client.send(TransferRequest(url: region.endpoint + "/_simulator/truth"))
    await client.shutdown()
    return try JSONDecoder().decode(Truth.self, from: Data(answer.body)).ingested["Custom-Aftercare"] ?? []
  }

  private struct Truth: Decodable {
    struct Row: Decodable {
      var id: String
      var sequence: Int64

      enum CodingKeys: String, CodingKey {
        case id = "EventId"
        case sequence = "Sequence"
      }
    }
    var ingested: [String: [Row]]
  }

  /// Every event, in order; and again only the batch that the kill cut off, which may have met another sink at the same
  /// moment.
  private static func judge(_ told: [Int64], _ numbers: [Int64], isCut: Bool) {
    #expect(Set(told) == Set(numbers), "missing: \(Set(numbers).subtracting(told).sorted())")
    let falls = zip(told, told.dropFirst()).count { $0 >= $1 }
    #expect(falls == 1 || (falls == 0 && !isCut), "\(told)")
  }

  private struct Line: Decodable {
    var sequence: String
  }

  private struct Batch: Decodable {
    struct Entry: Decodable {
      var id: String
      var sequence: Int64
    }
    var events: [Entry]
  }

  private struct Chat: Decodable {
    struct Block: Decodable {
      var type: String
    }
    var text: String
    var blocks: [Block]
  }
}

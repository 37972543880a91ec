import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RecoveryCore
import Reporting
import WatchEngine

/// `/api/v1`: what the page shows, for programs. docs/openapi.yaml describes it.
struct API: Sendable {
  let source: StatusSource
  let streams: StreamLimit

  func add(to router: Router<BasicRequestContext>) {
    let api = router.group("/api/v1")
    api.get("/status") { _, _ in try API.json(StatusReport(await source.snapshot())) }
    api.get("/machine") { request, _ in try await machine(request) }
    api.get("/failovers") { _, _ in try API.json(try await source.journal.failovers(last: 100).map(Listed.init)) }
    api.get("/failovers/{id}") { request, context in try await failover(request, context) }
    api.get("/events") { request, _ in try await events(request) }
    api.get("/events/stream") { request, _ in try await stream(request) }
    api.post("/orders") { request, _ in try await order(request) }
  }

  // MARK: - Reading

  struct Listed: Encodable {
    var id: String
    var vault: String?
    var began: Moment
    var latest: Moment
    var items: Int

    init(_ record: FailoverRecord) {
      id = record.id
      vault = record.vault?.name
      began = Moment(record.began)
      latest = Moment(record.latest)
      items = record.items
    }
  }

  private func machine(_ request: Request) async throws -> Response {
    guard let story = try await MachineStory(request, source) else {
      throw HTTPError(.notFound, message: "no watched item or machine is called that; ask with ?item=NAME")
    }
    return try API.json(story)
  }

  private func failover(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let id = context.parameters.get("id"), let report = try await source.report(of: id) else {
      throw HTTPError(.notFound, message: "no failover is called that; /api/v1/failovers lists them")
    }
    switch request.uri.queryParameters.get("format") ?? "json" {
    case "json": return try API.json(report)
    case "md": return .text(report.markdown, as: "text/markdown; charset=utf-8")
    case "html": return .text(report.html, as: "text/html; charset=utf-8")
    default: throw HTTPError(.badRequest, message: "format is json, md or html")
    }
  }

  private func events(_ request: Request) async throws -> Response {
    let after = request.uri.queryParameters.get("after", as: Int64.self) ?? 0
    let limit = min(max(1, request.uri.queryParameters.get("limit", as: Int.self) ?? 100), 1000)
    return try API.json(try await source.journal.events(after: after, limit: limit).map(ToldEvent.init))
  }

  // MARK: - Following

  /// Server-sent events: what is journalled, as it is journalled. A client that comes back says what it has seen last.
  private func stream(_ request: Request) async throws -> Response {
    let last = request.headers[.lastEventID].flatMap { Int64($0) }
    let source = source
    let streams = streams
    let live = await source.watch.events.listen()
    let body = ResponseBody { writer in
      guard streams.enter() else {
        try await writer.write(ByteBuffer(string: "retry: 30000\n: too many streams are open\n\n"))
        return try await writer.finish(nil)
      }
      defer { streams.leave() }
      try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
      var sent = last ?? 0
      if let last {
        for recorded in try await source.journal.events(after: last, limit: 1000) {
          try await writer.write(try API.line(recorded))
          sent = recorded.sequence
        }
      }
      for await beat in Beats(live) {
        switch beat {
        case .event(let recorded) where recorded.sequence > sent: try await writer.write(try API.line(recorded))
        case .event: break
        // So that a connection that is gone is noticed.
        case .pause: try await writer.write(ByteBuffer(string: ": still here\n\n"))
        }
      }
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
  }

  private static func line(_ recorded: RecordedEvent) throws -> ByteBuffer {
    let data = String(decoding: try encoder.encode(ToldEvent(recorded)), as: UTF8.self)
    return ByteBuffer(string: "id: \(recorded.sequence)\nevent: told\ndata: \(data)\n\n")
  }

  // MARK: - Orders

  private struct Given: Decodable {
    var order: String
    var reason: String?
    var subject: String?
  }

  private struct Answered: Encodable {
    var outcome: String
    var words: String
  }

  private func order(_ request: Request) async throws -> Response {
    var request = request
    let body = try await request.collectBody(upTo: StatusServer.Limits.bodyBytes)
    guard let given = try? JSONDecoder().decode(Given.self, from: Data(body.readableBytesView)),
      let order = API.order(given)
    else {
      throw HTTPError(
        .badRequest,
        message: """
          expected {"order": "pause", "reason": "…"}, {"order": "resume"}, {"order": "approve", "subject": NAME} (all \
          that wait without a subject), or {"order": "retry" or "heal", "subject": NAME}
          """)
    }
    switch try await OrderDesk(journal: source.journal, time: source.time).give(order) {
    case .done(let words): return try API.json(Answered(outcome: "done", words: words))
    case .refused(let words): return try API.json(Answered(outcome: "refused", words: words), status: .conflict)
    case .kept: return try API.json(Answered(outcome: "kept", words: "it is carried out later"), status: .accepted)
    }
  }

  private static func order(_ given: Given) -> Order? {
    switch (given.order, given.subject) {
    case ("pause", _): given.reason.flatMap { $0.isEmpty ? nil : .pause(reason: $0) }
    case ("resume", _): .resume
    case ("approve", let subject): .approve(subject)
    case ("retry", let subject?): .retry(subject)
    case ("heal", let subject?): .heal(subject)
    default: nil
    }
  }

  // MARK: - JSON

  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    .text(
      String(decoding: try encoder.encode(value), as: UTF8.self) + "\n", as: "application/json; charset=utf-8",
      status: status)
  }
}

extension StatusSource {
  /// Nil when no failover is called that.
  func report(of id: String) async throws -> FailoverReport? {
    try await FailoverReport(of: id, in: journal, states: await watch.states(), at: time.now)
  }
}

extension HTTPField.Name {
  static var lastEventID: HTTPField.Name { HTTPField.Name("Last-Event-ID") ?? .server }
}

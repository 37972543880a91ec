public import CurlTransport
import HTTPTypes
public import RecoveryCore

/// Posts events to an address of the user's choice.
///
/// Address and fields are secrets: a webhook's key stands in one or the other. Neither they nor what the receiver
/// answers, which may repeat them, are in any error.
public struct WebhookSink: AlertSink {
  public enum Format: String, Sendable, CaseIterable {
    /// `{"events": […]}`, each as in docs/events.md.
    case events
    /// An Adaptive Card for a workflow of Microsoft Teams.
    case teams
    /// Text and blocks for an incoming webhook of Slack.
    case slack
  }

  public let name: String
  public let filter: EventFilter
  public var batch: Int { format == .events ? 100 : 5 }
  public var pace: Duration { .seconds(1) }
  private let format: Format
  private let url: String
  private let fields: HTTPFields
  private let journal: String
  private let client: CurlClient

  private static let idempotencyKey = HTTPField.Name("Idempotency-Key")
  /// Of one message: what receivers commonly take. Every format cuts a single event far below it.
  static let mostBytes = 1_000_000
  /// The answer is of no interest but for its status.
  private static let limits = TransferLimits(
    connect: .seconds(5), stall: .seconds(10), whole: .seconds(20), bodyBytes: 1 << 20, headerBytes: 64 << 10)

  /// - Parameters:
  ///   - headers: sent with each message, such as `Authorization`.
  ///   - journal: the identity of the journal that the events come from.
  public init(
    name: String, filter: EventFilter, format: Format, url: String, headers: [String: String] = [:], journal: String,
    client: CurlClient
  ) {
    self.name = name
    self.filter = filter
    self.format = format
    self.url = url
    var fields: HTTPFields = [.contentType: "application/json"]
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    self.fields = fields
    self.journal = journal
    self.client = client
  }

  /// Whoever answers at all is there: what he says of a question without a message says nothing of messages.
  public func probe() async throws {
    var request = TransferRequest(method: .head, url: url, fields: fields, limits: WebhookSink.limits)
    request.fields[.contentType] = nil
    _ = try await answer(to: request)
  }

  public func deliver(_ events: [RecordedEvent]) async throws {
    guard let first = events.first, let last = events.last else { return }
    let body = try message(of: events)
    if body.count > format.mostBytes, events.count > 1 {
      try await deliver(Array(events[..<(events.count / 2)]))
      return try await deliver(Array(events[(events.count / 2)...]))
    }
    var request = TransferRequest(method: .post, url: url, fields: fields, body: body, limits: WebhookSink.limits)
    if let name = WebhookSink.idempotencyKey {
      let key = first.deliveryID(in: journal)
      request.fields[name] = events.count == 1 ? key : "\(key)..\(last.sequence)"
    }
    try await send(request)
  }

  private func message(of events: [RecordedEvent]) throws -> [UInt8] {
    switch format {
    case .events: try JSONBody.encode(EventsMessage(events, journal: journal))
    case .teams: try JSONBody.encode(TeamsMessage(events))
    case .slack: try JSONBody.encode(SlackMessage(events))
    }
  }

  private func answer(to request: TransferRequest) async throws -> TransferResponse {
    do throws(TransportError) {
      return try await client.send(request)
    } catch {
      guard error.code != .cancelled, error.code != .shutDown else { throw CancellationError() }
      throw SinkError(
        error.isRetryable ? .unavailable : .refused, "\(error)",
        remedy: "Check the address of the sink, its certificate, and this host's network and proxies.")
    }
  }

  private func send(_ request: TransferRequest) async throws {
    let answer = try await answer(to: request)
    let status = answer.status.code
    switch status {
    case 200..<300: return
    case 408, 429, 500...:
      throw SinkError(
        .unavailable, "the receiver answered HTTP \(status)", remedy: "Nothing: it is tried again.",
        retryAfter: answer.retryAfter)
    default:
      throw SinkError(
        .refused, "the receiver answered HTTP \(status)", remedy: WebhookSink.remedy(for: status),
        retryAfter: answer.retryAfter)
    }
  }

  private static func remedy(for status: Int) -> String {
    switch status {
    case 300..<400: "Redirects are not followed: give the sink the address that it leads to."
    case 401, 403: "Check the key in the sink's url or headers."
    case 404, 410: "Check the sink's url: nobody listens there any more."
    default: "Check that the sink's format is what the receiver takes."
    }
  }
}

extension WebhookSink.Format {
  /// Sources: Teams takes messages of 28 KB (Microsoft Teams, limits and specifications); Slack's blocks are bounded
  /// one by one.
  fileprivate var mostBytes: Int { self == .teams ? 28_000 : WebhookSink.mostBytes }
}

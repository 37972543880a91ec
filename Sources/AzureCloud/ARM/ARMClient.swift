import CurlTransport
import FoundationEssentials
import HTTPTypes
import JSONReading
import RecoveryCore
import Synchronization

/// Requests to ARM: a token on each, and quick repeats only where repeating is safe.
struct ARMClient: Sendable {
  /// What all requests to one endpoint have in common. Each look copies its client, and a reference is all it copies.
  final class Connection: Sendable {
    let environment: CloudEnvironment
    let tokens: TokenCache
    let exchange: any HTTPExchange
    let pause: Pause
    let budget: BudgetKeeper
    let secrets: Secrets
    /// Of the operations that ARM has begun.
    private let certificates = Mutex(OperationURL.Certificates())

    init(
      environment: CloudEnvironment, tokens: TokenCache, exchange: any HTTPExchange, pause: Pause, budget: BudgetKeeper,
      secrets: Secrets
    ) {
      self.environment = environment
      self.tokens = tokens
      self.exchange = exchange
      self.pause = pause
      self.budget = budget
      self.secrets = secrets
    }

    func shareCertificate(of operation: inout OperationHandle) {
      certificates.withLock { operation.share(&$0) }
    }
  }

  let connection: Connection
  /// To which its requests give way.
  var urgency = Urgency.takenApart
  /// How long it may change something.
  var tenure = Tenure.endless
  /// Logs Ingestion takes gzip; ARM does not.
  var compressesBodies = false

  var environment: CloudEnvironment { connection.environment }
  var tokens: TokenCache { connection.tokens }
  var exchange: any HTTPExchange { connection.exchange }
  var pause: Pause { connection.pause }
  var budget: BudgetKeeper { connection.budget }
  var secrets: Secrets { connection.secrets }

  private static let requestID = HTTPField.Name("x-ms-client-request-id")

  /// Tries of one call. Longer patience is a decision of the domain.
  private static let tries = 3
  /// What Azure may ask us to wait within a call; more than that goes back to who decides.
  private static let longestPause: Duration = .seconds(10)

  /// Of an answer about one thing: an instance view has some 10 KB. What is larger, or slower, is not ARM's.
  static let one = TransferLimits(whole: .seconds(60), bodyBytes: 1 << 20, headerBytes: 64 << 10)
  /// Of one page of a list: an item has some 5 KB. How many ARM puts on a page is not documented.
  static let page = TransferLimits(whole: .seconds(60), bodyBytes: 16 << 20, headerBytes: 64 << 10)

  /// Below the ARM endpoint, with its api-version.
  func url(_ path: String, version: String, query: String = "") -> String {
    "\(connection.environment.endpoint)\(path)?api-version=\(version)\(query)"
  }

  /// `url` is used byte for byte; it must lie on the ARM host.
  func send(
    _ method: HTTPRequest.Method, _ url: String, body: JSONValue? = nil, limits: TransferLimits = ARMClient.one
  ) async throws(Fault) -> TransferResponse {
    guard connection.environment.trusts(url) else {
      throw Fault(
        .untrusted, code: "UntrustedHost", message: "an answer names a host outside of \(environment.endpoint)",
        resource: ARMClient.resource(of: url))
    }
    let subscription = BudgetKeeper.subscription(in: url)
    var isTokenFresh = false
    var attempt = 1
    while true {
      try await admit(method, subscription, url)
      let token = try await tokens.token(refreshing: isTokenFresh)
      secrets.keep(token: token.value)
      var request = request(method, url, body, token)
      request.limits = limits
      // As late as it can be: the budget and the token may have taken long.
      let isLeased = try heed(tenure, &request)
      let fault: Fault
      var isSafe = method == .get
      do throws(TransportError) {
        let answer = try await isLeased ? seenThrough(request) : exchange.send(request)
        learn(from: answer, method, subscription)
        if answer.status.code < 300 { return answer }
        fault = Fault(answer: answer, resource: ARMClient.resource(of: url), hiding: secrets)
        if fault.kind == .unauthenticated, !isTokenFresh {
          // One forced refresh: the token may have been revoked before its time.
          isTokenFresh = true
          continue
        }
        // ARM refused it: nothing has happened, whatever the method.
        isSafe = isSafe || fault.kind == .throttled
      } catch {
        fault = Fault(error, resource: ARMClient.resource(of: url))
        isSafe = isSafe || !error.requestMayHaveBeenSent
      }
      let wait = fault.retryAfter ?? .milliseconds(300 * (1 << attempt))
      guard isSafe, attempt < ARMClient.tries, ARMClient.isWorthRepeating(fault), wait <= ARMClient.longestPause else {
        throw fault
      }
      attempt += 1
      try await pause(wait, ARMClient.resource(of: url))
    }
  }

  /// What changes something under a lease is not cut off when its caller is told to stop: it might reach Azure when the
  /// lease was given back and another has begun. It ends within its time limit, as the lease allows.
  private func seenThrough(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    guard !Task.isCancelled else {
      throw TransportError(code: .cancelled, message: "stopped before it was sent", requestMayHaveBeenSent: false)
    }
    let task = Task { [exchange] in
      await Result { () async throws(TransportError) in try await exchange.send(request) }
    }
    return try await task.value.get()
  }

  /// Takes the request out of the budget. A short wait is waited for; a long one, and any of a read that is idle, goes
  /// back to who decides, so that nobody is kept busy waiting. What changes something is in the journal already.
  private func admit(_ method: HTTPRequest.Method, _ subscription: String, _ url: String) async throws(Fault) {
    let patience: Duration = urgency == .idle && RequestBudget.Class(method) == .reads ? .zero : ARMClient.longestPause
    while true {
      switch budget.take(method, of: subscription, with: urgency, patience: patience) {
      case .now: return
      case .after(let wait):
        try await pause(wait, ARMClient.resource(of: url))
        // Meanwhile another one's answer may have asked to be left alone.
        if !budget.isShut(method, of: subscription) { return }
      case .notWithin(let wait):
        guard wait <= patience else {
          throw Fault(
            .throttled, code: "BudgetSpent", message: "not asked: what Azure allows is spent for \(wait.brief)",
            resource: ARMClient.resource(of: url), retryAfter: wait)
        }
        try await pause(wait, ARMClient.resource(of: url))
      }
    }
  }

  /// What Azure does once the lease of its sender is over may come between what the next holder does. Returns whether a
  /// lease says how long the request may take.
  private func heed(_ tenure: Tenure, _ request: inout TransferRequest) throws(Fault) -> Bool {
    guard RequestBudget.Class(request.method) != .reads else { return false }
    // The allowance counts from here, whenever this process and its threads go on.
    let now = ContinuousClock.now
    guard let allowance = tenure.allowance else { return false }
    guard allowance > .zero else {
      throw Fault(
        .stopped, code: "LeaseEnding", message: "not asked: the lease of the vault is about to end here",
        resource: ARMClient.resource(of: request.url), retryAfter: .seconds(5))
    }
    request.begin = now
    request.limits.whole = min(request.limits.whole, allowance)
    return true
  }

  private func learn(from answer: TransferResponse, _ method: HTTPRequest.Method, _ subscription: String) {
    let remaining = RequestBudget.Class(method).remaining.flatMap { answer.header($0) }.flatMap { Int($0) }
    let shut = answer.status.code == 429 ? answer.retryAfter ?? .seconds(5) : nil
    guard remaining != nil || shut != nil else { return }
    budget.learn(method, of: subscription, remaining: remaining, shutFor: shut)
  }

  private static func isWorthRepeating(_ fault: Fault) -> Bool {
    switch fault.kind {
    case .throttled, .unavailable, .unreachable: true
    default: false
    }
  }

  private func request(
    _ method: HTTPRequest.Method, _ url: String, _ body: JSONValue?, _ token: AccessToken
  ) -> TransferRequest {
    var request = TransferRequest(method: method, url: url)
    // Appended, for none can be there: to set a field is to search for it.
    request.fields = [.authorization: "Bearer " + token.value, .accept: "application/json"]
    if let name = ARMClient.requestID { request.fields.append(HTTPField(name: name, value: ARMClient.freshID())) }
    if let body {
      request.fields[.contentType] = "application/json"
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      request.body = (try? encoder.encode(body)).map { Array($0) } ?? []
      request.compressesBody = compressesBodies
    }
    return request
  }

  /// A UUID that no other request has: a random half for the process, and a count. Foundation's would open a file for
  /// each, and writes each of its bytes by `snprintf`.
  static func freshID() -> String {
    let halves = [processID, requests.add(1, ordering: .relaxed).newValue]
    return unsafe String(unsafeUninitializedCapacity: 36) { text in
      var at = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          unsafe text[at] = UInt8(ascii: "-")
          at += 1
        }
        let value = UInt8(truncatingIfNeeded: halves[digit / 16] >> UInt64(60 - 4 * (digit % 16))) & 0xF
        unsafe text[at] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
        at += 1
      }
      return at
    }
  }

  private static let processID = UInt64.random(in: .min ... .max)
  private static let requests = Atomic<UInt64>(.random(in: 0...(.max / 2)))

  func decode(_ answer: TransferResponse, from url: String) throws(Fault) -> JSONDocument {
    do throws(JSONParser.Failure) {
      return try JSONDocument(parsing: answer.body)
    } catch {
      let start = secrets.hide(in: String(decoding: answer.body.prefix(80), as: UTF8.self))
      throw .unintelligible(
        "the answer is not the JSON that was asked for (\(error)); it begins with '\(start)'",
        resource: ARMClient.resource(of: url),
        answer: answer)
    }
  }

  /// What a success says, if anything: nothing, or JSON. A gateway's own page, whatever its status, says nothing of the
  /// request, and is an error.
  @discardableResult
  func document(of answer: TransferResponse, from url: String) throws(Fault) -> JSONDocument? {
    answer.body.isEmpty ? nil : try decode(answer, from: url)
  }

  func get(_ url: String, limits: TransferLimits = ARMClient.one) async throws(Fault) -> JSONDocument {
    try decode(try await send(.get, url, limits: limits), from: url)
  }

  /// The path without its query: what may be logged of a URL.
  static func resource(of url: String) -> String {
    var path = url.utf8.prefix { $0 != UInt8(ascii: "?") }
    if path.first != UInt8(ascii: "/"), let slash = path.firstIndex(of: UInt8(ascii: "/")) {
      // Behind scheme and authority.
      let authority = path[slash...].drop { $0 == UInt8(ascii: "/") }
      path = authority.drop { $0 != UInt8(ascii: "/") }
    }
    return String(Substring(path))
  }
}

/// The seam through which the adapter waits.
public struct Pause: Sendable {
  private let sleep: @Sendable (Duration) async throws -> Void

  public init(_ sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }) {
    self.sleep = sleep
  }

  func callAsFunction(_ span: Duration, _ resource: String) async throws(Fault) {
    do {
      try await sleep(span)
    } catch {
      throw Fault(.stopped, code: "Stopped", message: "stopped while waiting", resource: resource)
    }
  }
}

import AftercareTesting
import AzureCloud
import AzureSimulator
import CurlTransport
import FoundationEssentials
import HTTPTypes
import RecoveryCore
import Synchronization

/// The wire between the adapter and the simulated cloud: a function call, on which the weather has its say.
final class FaultyExchange: HTTPExchange {
  static let origin = "http://127.0.0.1:1"

  fileprivate struct State {
    var random: SeededGenerator
    var weather = Weather.calm
    /// Milliseconds since the start.
    var now: Int64 = 0
    var earlier: [String: (at: Int64, answer: TransferResponse)] = [:]
    /// Operations of ours that were accepted and whose end nobody has seen, by machine.
    var running: [String: String] = [:]
    var violations: [String] = []
    var requests = 0
    /// What the adapter has waited for on its own, which the queue of events does not know of.
    var waited: Duration = .zero
    /// Azure's own count of what it was asked, by method and subscription: not with the watch's means.
    var buckets = TokenBuckets()
    let limits: RequestBudget.Limits
  }

  private let azure: SimulatedAzure
  private let state: Mutex<State>

  init(_ azure: SimulatedAzure, limits: RequestBudget.Limits, random: SeededGenerator) {
    self.azure = azure
    state = Mutex(State(random: random, limits: limits))
  }

  /// Time that only goes forward.
  var uptime: Duration { state.withLock { .milliseconds($0.now) + $0.waited } }
  func wait(_ span: Duration) { state.withLock { $0.waited += span } }

  var requests: Int { state.withLock { $0.requests } }
  var violations: [String] { state.withLock { $0.violations } }

  func set(_ weather: Weather) { state.withLock { $0.weather = weather } }
  func set(now: Int64) { state.withLock { $0.now = now } }

  /// A front end that lags shows what was, but not for ever: `heal.settle` rests on it.
  fileprivate static let longestLag: Int64 = 8_000

  private enum Fate { case good, throttled, unavailable, requestLost, answerLost, garbage, stale }

  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    let isRead = request.method == .get || request.method == .post
    let fate = state.withLock { state in
      state.requests += 1
      state.spend(request)
      let weather = state.weather
      // One draw for each, whatever it comes to: a fault that is switched off leaves the others where they are.
      let draws: [(Double, Fate)] = [
        (weather.throttled, .throttled), (weather.unavailable, .unavailable), (weather.requestLost, .requestLost),
        (weather.answerLost, .answerLost), (weather.garbage, .garbage), (isRead ? weather.stale : 0, .stale),
      ]
      var fate = Fate.good
      for (probability, outcome) in draws where state.random.chance(probability) { fate = outcome }
      return fate
    }
    switch fate {
    case .throttled: return response(429, #"{"error":{"code":"TooManyRequests","message":"slow"}}"#, request, retry: 7)
    case .unavailable where isRead: return response(503, "", request)
    case .requestLost, .unavailable:
      throw TransportError(code: .connectionLost, message: "lost", requestMayHaveBeenSent: true)
    case .garbage: return response(200, "<html>gateway</html>", request)
    case .stale:
      let earlier = state.withLock { state in
        state.earlier[request.url].flatMap { state.now - $0.at <= FaultyExchange.longestLag ? $0.answer : nil }
      }
      if let earlier { return earlier }
    case .good, .answerLost: break
    }
    if !isRead { await watch(request) }
    let answer = await ask(request)
    if isRead { state.withLock { $0.remember(answer, of: request.url) } }
    if fate == .answerLost {
      throw TransportError(code: .connectionLost, message: "lost", requestMayHaveBeenSent: true)
    }
    return answer
  }

  private func ask(_ request: TransferRequest) async -> TransferResponse {
    var headers: [String: String] = [:]
    for field in request.fields { headers[field.name.canonicalName] = field.value }
    let target = String(request.url.dropFirst(FaultyExchange.origin.count))
    let answer = await azure.respond(
      to: SimulatedRequest(
        method: request.method.rawValue, target: target, headers: headers, body: request.body ?? [],
        origin: FaultyExchange.origin))
    var fields = HTTPFields()
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    note(request, answer)
    return TransferResponse(
      status: .init(code: answer.status), fields: fields, body: Array(answer.body.utf8), url: request.url,
      version: .http11, wireBytes: answer.body.utf8.count)
  }

  private func response(_ status: Int, _ body: String, _ request: TransferRequest, retry: Int? = nil)
    -> TransferResponse
  {
    var fields = HTTPFields()
    if let retry, let name = HTTPField.Name("Retry-After") { fields[name] = String(retry) }
    return TransferResponse(
      status: .init(code: status), fields: fields, body: Array(body.utf8), url: request.url, version: .http11,
      wireBytes: body.utf8.count)
  }

  // MARK: - One operation at a time

  private static func machine(_ url: String) -> String? {
    let path = url.dropFirst(origin.count).prefix { $0 != "?" }.lowercased()
    guard let mark = path.firstRange(of: "/virtualmachines/") else { return nil }
    let name = path[mark.upperBound...].prefix { $0 != "/" }
    return String(path[..<mark.upperBound]) + name
  }

  private static func isAssociation(_ url: String) -> Bool { url.lowercased().contains("datacollectionruleassoc") }

  private func note(_ request: TransferRequest, _ answer: SimulatedResponse) {
    guard request.method != .get, !FaultyExchange.isAssociation(request.url), answer.status < 300,
      let machine = FaultyExchange.machine(request.url)
    else { return }
    let url = answer.headers.first { $0.0 == "Azure-AsyncOperation" || $0.0 == "Location" }?.1
    if let url { state.withLock { $0.running[machine] = url } }
  }

  /// A mutating request while an operation of ours on the machine still runs is a violation, whoever lost sight of it.
  private func watch(_ request: TransferRequest) async {
    guard !FaultyExchange.isAssociation(request.url), let machine = FaultyExchange.machine(request.url),
      let url = state.withLock({ $0.running[machine] })
    else { return }
    let poll = await azure.respond(
      to: SimulatedRequest(
        method: "GET", target: String(url.dropFirst(FaultyExchange.origin.count)),
        headers: ["authorization": "Bearer simulator-token"], origin: FaultyExchange.origin))
    guard poll.status == 202 || poll.body.contains("\"InProgress\"") else { return }
    state.withLock { state in
      state.violations.append(
        "\(request.method.rawValue) \(machine) was sent while an operation of ours on the machine was running")
    }
  }
}

extension FaultyExchange.State {
  /// For a front end that lags: what is older than any lag is forgotten now and then.
  fileprivate mutating func remember(_ answer: TransferResponse, of url: String) {
    earlier[url] = (now, answer)
    guard earlier.count > 500 else { return }
    earlier = earlier.filter { now - $0.value.at <= FaultyExchange.longestLag }
  }

  /// What a request costs in the buckets as Azure keeps them: more than is in them may never be asked.
  fileprivate mutating func spend(_ request: TransferRequest) {
    let (kind, limit) =
      switch request.method {
      case .put, .patch: ("writes", limits.writes)
      case .delete: ("deletes", limits.deletes)
      default: ("reads", limits.reads)
      }
    let path = request.url.prefix { $0 != "?" }.lowercased().split(separator: "/")
    let subscription = path.firstIndex(of: "subscriptions").map { String(path[$0 + 1]) } ?? "none"
    let at = Date(timeIntervalSince1970: Double(now) / 1000 + waited / .seconds(1))
    let size = TokenBuckets.Size(most: limit.burst, perSecond: limit.perSecond)
    if buckets.take("\(kind) of \(subscription)", size, at) == nil {
      violations.append("\(request.method.rawValue) beyond the budget of \(kind): \(request.url.prefix(200))")
    }
  }
}

extension RequestBudget.Limits {
  static var unlimited: RequestBudget.Limits {
    var limits = RequestBudget.Limits()
    limits.reads = RequestBudget.Limit(burst: 1e9, perSecond: 1e9)
    limits.writes = limits.reads
    limits.deletes = limits.reads
    return limits
  }
}

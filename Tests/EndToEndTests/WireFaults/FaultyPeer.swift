import AftercareTesting
import AzureSimulator
import Foundation
import Synchronization

/// Stands between the daemon and the simulated Azure, and does on the wire what it is told while it is on.
final class FaultyPeer: Sendable {
  /// What to do instead of answering; nil to let the request through.
  typealias Meddling = @Sendable (ReceivedRequest, _ endpoint: String) -> [ServerAction]?
  /// What becomes of the body of an answer of the simulator's.
  typealias Rewriting = @Sendable (ReceivedRequest, _ body: String) -> String

  private struct State {
    var isOn = false
    var hits = 0
    var firstHit: ContinuousClock.Instant?
  }

  private let meddle: Meddling
  private let rewrite: Rewriting
  private let azure: SimulatedAzure
  private let state = Mutex(State())
  private let server = Mutex<LoopbackServer?>(nil)

  /// Runs `body` with the region as it is reached through a peer that meddles.
  static func with(
    before real: Region, rewrite: @escaping Rewriting = { $1 }, meddle: @escaping Meddling,
    _ body: (FaultyPeer, Region) async throws -> Void
  ) async throws {
    let peer = try FaultyPeer(before: real.azure, rewrite: rewrite, meddle: meddle)
    var region = real
    region.endpoint = peer.endpoint
    let result = await Result { try await body(peer, region) }
    await peer.close()
    try result.get()
  }

  private init(
    before azure: SimulatedAzure, rewrite: @escaping Rewriting = { $1 }, meddle: @escaping Meddling
  ) throws {
    self.meddle = meddle
    self.rewrite = rewrite
    self.azure = azure
    let listener = try LoopbackServer { [weak self] request in self?.answer(request) ?? [.close] }
    server.withLock { $0 = listener }
  }

  var endpoint: String { server.withLock { $0.map { "http://127.0.0.1:\($0.port)" } ?? "" } }
  var hits: Int { state.withLock { $0.hits } }
  var firstHit: ContinuousClock.Instant? { state.withLock { $0.firstHit } }

  func turn(on isOn: Bool) { state.withLock { $0.isOn = isOn } }

  /// On a thread of its own: connections that still wait for an answer need those of the tasks.
  private func close() async {
    let server = server.withLock { $0 }
    await withCheckedContinuation { done in
      DispatchQueue.global().async {
        server?.close()
        done.resume()
      }
    }
  }

  private func answer(_ request: ReceivedRequest) -> [ServerAction] {
    guard state.withLock({ $0.isOn }), let actions = meddle(request, endpoint) else { return [forward(request)] }
    state.withLock { state in
      state.hits += 1
      if state.firstHit == nil { state.firstHit = .now }
    }
    return actions
  }

  /// The connection has a thread of its own, which may wait.
  private func forward(_ request: ReceivedRequest) -> ServerAction {
    var headers: [String: String] = [:]
    for line in request.head.split(separator: "\r\n").dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
    }
    let method = String(request.requestLine.prefix { $0 != " " })
    let asked = SimulatedRequest(
      method: method, target: request.target, headers: headers, body: request.body, origin: endpoint)
    let reply = Reply()
    let azure = azure
    Task { reply.give(await azure.respond(to: asked)) }
    let answer = reply.wait()
    let body = rewrite(request, answer.body)
    let fields = answer.headers.map { "\($0.0): \($0.1)" } + ["Content-Type: \(answer.contentType)"]
    let head = ["HTTP/1.1 \(answer.status) Simulated", "Content-Length: \(body.utf8.count)"] + fields
    return .text(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  /// One answer, waited for by a thread.
  private final class Reply: Sendable {
    private let answer = Mutex<SimulatedResponse?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func give(_ answer: SimulatedResponse) {
      self.answer.withLock { $0 = answer }
      isThere.signal()
    }

    func wait() -> SimulatedResponse {
      isThere.wait()
      guard let answer = answer.withLock({ $0 }) else { fatalError("nobody has answered") }
      return answer
    }
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}

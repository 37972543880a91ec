import HTTPTypes
import Hummingbird
import WatchEngine

/// `POST /api/v1/hint`: somebody says that something has happened (docs/push.md). It has a secret of its own, which
/// opens nothing else, and no other opens it.
struct HintIntake: Sendable {
  let watch: any WatchFace
  let token: String

  static let path = "/api/v1/hint"
  /// The most that Event Grid delivers at once (learn.microsoft.com/azure/event-grid/quotas-limits).
  static let mostBytes = 1 << 20

  func add(to router: Router<BasicRequestContext>) {
    for method: HTTPRequest.Method in [.get, .head, .post, .put, .patch, .delete, .options] {
      router.on(RouterPath(HintIntake.path), method: method) { request, _ in try await answer(request) }
    }
  }

  private func answer(_ request: Request) async throws -> Response {
    guard isTrusted(request) else {
      watch.count(.refused)
      return try HintIntake.problem(
        .unauthorized, "the token of listener.hints is needed: 'Authorization: Bearer TOKEN', or ?code=TOKEN",
        [.wwwAuthenticate: "Bearer"])
    }
    switch request.method {
    case .post: return try await take(request)
    case .options: return try allow(request)
    default: return try HintIntake.problem(.methodNotAllowed, "hints are posted", [.allow: "POST, OPTIONS"])
    }
  }

  /// Event Grid and action groups keep the secret as a part of the URL.
  private func isTrusted(_ request: Request) -> Bool {
    if let header = request.headers[.authorization] { return Guardian.gives(token, header, bearerOnly: true) }
    return request.uri.queryParameters.get("code").map { Guardian.isEqual($0, token) } ?? false
  }

  private func take(_ request: Request) async throws -> Response {
    let type = request.headers[.contentType].map { $0.prefix { $0 != ";" }.lowercased() } ?? "application/json"
    var request = request
    do {
      let body = try await request.collectBody(upTo: HintIntake.mostBytes)
      guard body.readableBytes == 0 || type.hasSuffix("/json") || type.hasSuffix("+json") else {
        watch.count(.invalid)
        return try HintIntake.problem(.unsupportedMediaType, "the Content-Type of a hint is application/json")
      }
      switch try Push(body.readableBytesView) {
      case .hints(let hints):
        watch.take(hints)
        return try API.json(["accepted": hints.count], status: .accepted)
      // Event Grid takes no other status than 200 for a yes.
      case .handshake(let code): return try API.json(["validationResponse": code])
      }
    } catch let problem as PushProblem {
      watch.count(.invalid)
      return try HintIntake.problem(.badRequest, problem.description)
    } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
      watch.count(.invalid)
      return try HintIntake.problem(.contentTooLarge, "a hint has at most \(HintIntake.mostBytes) bytes")
    }
  }

  /// CloudEvents' handshake (github.com/cloudevents/spec, http-webhook, 4: abuse protection): the sender asks whether it
  /// may. However often it sends, the watch looks no oftener.
  private func allow(_ request: Request) throws -> Response {
    guard let origin = request.headers[.webHookRequestOrigin] else {
      watch.count(.invalid)
      return try HintIntake.problem(.badRequest, "the header WebHook-Request-Origin is missing")
    }
    return Response(
      status: .ok, headers: [.webHookAllowedOrigin: origin, .webHookAllowedRate: "*", .allow: "POST, OPTIONS"])
  }

  // MARK: - Answers

  private struct Problem: Encodable {
    var error: String
    var taken = Push.taken
  }

  private static func problem(
    _ status: HTTPResponse.Status, _ words: String, _ headers: HTTPFields = [:]
  ) throws -> Response {
    var response = try API.json(Problem(error: words), status: status)
    for field in headers { response.headers[field.name] = field.value }
    return response
  }
}

extension HTTPField.Name {
  fileprivate static var webHookRequestOrigin: HTTPField.Name { HTTPField.Name("WebHook-Request-Origin") ?? .server }
  fileprivate static var webHookAllowedOrigin: HTTPField.Name { HTTPField.Name("WebHook-Allowed-Origin") ?? .server }
  fileprivate static var webHookAllowedRate: HTTPField.Name { HTTPField.Name("WebHook-Allowed-Rate") ?? .server }
}

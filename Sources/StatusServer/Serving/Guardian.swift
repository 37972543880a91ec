import HTTPTypes
import Hummingbird

/// Who may ask for what, before anything is looked up; and what a browser may make of the answer.
struct Guardian: RouterMiddleware {
  typealias Context = BasicRequestContext

  private let address: StatusServer.Address
  private let token: String?

  init(address: StatusServer.Address, token: String?) {
    self.address = address
    self.token = token
  }

  @concurrent
  func handle(
    _ request: Request, context: BasicRequestContext,
    next: @concurrent (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    if let refusal = refusal(of: request) {
      response = refusal
    } else {
      do {
        response = try await next(request, context)
      } catch let error as HTTPError {
        response = .problem(error.status, error.body ?? error.status.reasonPhrase)
      }
    }
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.contentSecurityPolicy] =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
    response.headers[.referrerPolicy] = "no-referrer"
    response.headers[.cacheControl] = "no-store"
    return response
  }

  private func refusal(of request: Request) -> Response? {
    guard isOurs(request.head.authority) else {
      return .problem(
        .misdirectedRequest, "this server is \(address.host):\(address.port), not '\(request.head.authority ?? "")'")
    }
    // Whoever looks after the process must be able to ask how it is.
    if request.uri.path == "/healthz" || request.uri.path == "/readyz" { return nil }
    // Hints have a secret of their own, and ask for it themselves.
    if request.uri.path == HintIntake.path { return nil }
    let changes = request.method != .get && request.method != .head
    guard changes || !address.isLoopback else { return nil }
    guard let token else {
      return .problem(.forbidden, "nothing can be changed here: listener.token is not set; use the command line")
    }
    // A page that a browser shows elsewhere cannot send this header.
    guard let given = request.headers[.authorization], Guardian.gives(token, given, bearerOnly: changes) else {
      var response = Response.problem(.unauthorized, "the token of listener.token is needed")
      response.headers[.wwwAuthenticate] = changes ? "Bearer" : "Basic realm=\"aftercare\", charset=\"UTF-8\""
      return response
    }
    return nil
  }

  /// A name that an attacker has made to point at loopback is not ours.
  private func isOurs(_ authority: String?) -> Bool {
    guard address.isLoopback else { return true }
    guard let authority else { return false }
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    return ["localhost", "127.0.0.1", "[::1]", address.host].contains(host.lowercased())
  }

  /// The token itself, or as the password of any user, which is what browsers can ask for.
  static func gives(_ token: String, _ header: String, bearerOnly: Bool) -> Bool {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return false }
    switch parts[0].lowercased() {
    case "bearer": return isEqual(String(parts[1]), token)
    case "basic" where !bearerOnly:
      guard let text = Base64.decode(String(parts[1])), let colon = text.firstIndex(of: ":") else { return false }
      return isEqual(String(text[text.index(after: colon)...]), token)
    default: return false
    }
  }

  /// Takes the same time wherever the two differ.
  static func isEqual(_ given: String, _ wanted: String) -> Bool {
    let (given, wanted) = (Array(given.utf8), Array(wanted.utf8))
    var difference = UInt8(given.count == wanted.count ? 0 : 1)
    for (index, byte) in wanted.enumerated() { difference |= byte ^ (index < given.count ? given[index] : 0) }
    return difference == 0
  }
}

extension Response {
  /// Words for a person, and the status for a program.
  static func problem(_ status: HTTPResponse.Status, _ words: String) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: words + "\n")))
  }

  static func text(_ text: String, as type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}

extension HTTPField.Name {
  static var referrerPolicy: HTTPField.Name { HTTPField.Name("Referrer-Policy") ?? .server }
}

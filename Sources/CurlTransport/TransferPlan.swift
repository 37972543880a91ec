import HTTPTypes

/// A request that was checked and made ready: what the transfer thread needs, and nothing it could refuse.
final class TransferPlan: Sendable {
  let address: RequestAddress
  let url: String
  let method: HTTPRequest.Method
  /// Lines that end with a zero byte, in libcurl's notation (`Name;` sends an empty field, `Name:` sends none).
  let headerLines: [UInt8]
  let body: [UInt8]?
  let limits: TransferLimits
  /// When it is given up.
  let deadline: ContinuousClock.Instant

  /// The fields that frame a message or steer the connection. A caller that could set them could say one length to us
  /// and another to the server.
  private static let ownFields: Set<String> = [
    "host", "content-length", "transfer-encoding", "te", "trailer", "connection", "proxy-connection", "keep-alive",
    "upgrade", "http2-settings", "expect", "accept-encoding", "proxy-authorization",
  ]

  init(_ request: TransferRequest, _ configuration: CurlClient.Configuration) throws(TransportError) {
    deadline = (request.begin ?? .now).advanced(by: request.limits.whole)
    address = try RequestAddress(request.url)
    try address.checkPermitted(plainHTTP: configuration.allowsPlainHTTP, linkLocal: request.allowsLinkLocal)
    url = request.url
    method = request.method
    limits = request.limits
    guard method.rawValue != "CONNECT", method.rawValue != "TRACE" else {
      throw Self.refusal("the method is none that a client sends to a server", address)
    }
    switch request.body {
    case .some(let body) where request.compressesBody:
      do throws(GzipFailure) {
        self.body = try Gzip.compress(body)
      } catch {
        throw TransportError(
          code: .outOfMemory, message: "the request body could not be compressed", host: address.authority,
          requestMayHaveBeenSent: false)
      }
    case .some(let body): self.body = body
    // Servers insist on a length for these three even if there is nothing to say.
    case .none where [.post, .put, .patch].contains(method): body = []
    case .none: body = nil
    }
    headerLines = try Self.headerLines(request, hasBody: body != nil, configuration, address)
  }

  private static func headerLines(
    _ request: TransferRequest, hasBody: Bool, _ configuration: CurlClient.Configuration, _ address: RequestAddress
  ) throws(TransportError) -> [UInt8] {
    var lines: [UInt8] = []
    // A token has some two thousand bytes.
    lines.reserveCapacity(4096)
    func add(_ line: String) {
      lines += line.utf8
      lines.append(0)
    }
    for field in request.fields {
      let (name, value) = (field.name.canonicalName, field.value)
      guard !ownFields.contains(name), !name.hasPrefix(":") else {
        throw refusal("a field of the request belongs to the transport: \(name)", address)
      }
      // HTTPField makes values harmless as they come in; this holds even if that should ever change.
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw refusal("a field of the request has a control character: \(name)", address)
      }
      lines += field.name.rawName.utf8
      lines += (value.isEmpty ? ";" : ": ").utf8
      add(value)
    }
    if request.fields[.userAgent] == nil {
      lines += "User-Agent: ".utf8
      add(configuration.userAgent)
    }
    add("Accept-Encoding: gzip")
    if request.body != nil, request.compressesBody {
      guard request.fields[.contentEncoding] == nil else {
        throw refusal("the request body is already encoded", address)
      }
      add("Content-Encoding: gzip")
    }
    // libcurl would wait a second for a "100 Continue", and would call every body a web form.
    if hasBody {
      add("Expect:")
      if request.fields[.contentType] == nil { add("Content-Type:") }
    }
    return lines
  }

  private static func refusal(_ message: String, _ address: RequestAddress) -> TransportError {
    TransportError(
      code: .invalidRequest, message: message, host: address.authority, requestMayHaveBeenSent: false)
  }
}

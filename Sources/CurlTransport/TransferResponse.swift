public import HTTPTypes

/// A complete answer: its body arrived whole, within the limits, and is inflated.
///
/// Any status is an answer and no error, redirects included: they are never followed, since a bearer token must not
/// travel to where an answer points.
public struct TransferResponse: Sendable {
  public var status: HTTPResponse.Status
  /// As they came, repeated ones included; `Content-Encoding` and `Content-Length` therefore describe the wire, not
  /// `body`. Lines whose name is no HTTP token, interim answers and trailers are left out.
  public var fields: HTTPFields {
    get { lines.fields }
    set { lines = FieldLines(newValue) }
  }
  private var lines: FieldLines
  public var body: [UInt8]
  /// The URL of the request, byte for byte.
  public var url: String
  public var version: Version
  /// The size of the body as it travelled, before inflation.
  public var wireBytes: Int

  public init(
    status: HTTPResponse.Status, fields: HTTPFields, body: [UInt8], url: String, version: Version, wireBytes: Int
  ) {
    self.init(
      status: status, lines: FieldLines(fields), body: body, url: url, version: version, wireBytes: wireBytes)
  }

  init(
    status: HTTPResponse.Status, lines: FieldLines, body: [UInt8], url: String, version: Version, wireBytes: Int
  ) {
    self.status = status
    self.lines = lines
    self.body = body
    self.url = url
    self.version = version
    self.wireBytes = wireBytes
  }

  /// The protocol that carried the answer.
  public enum Version: String, Sendable, Hashable {
    case http10 = "HTTP/1.0"
    case http11 = "HTTP/1.1"
    case http2 = "HTTP/2"
    case other = "HTTP"
  }
}

extension TransferResponse {
  public func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { header($0) } }

  /// The value of a field, or those of several of one name with commas between them.
  public func header(_ name: HTTPField.Name) -> String? { lines.value(of: name) }

  /// Whole seconds; a date is not understood. A wait of more than a day is taken for a day.
  public var retryAfter: Duration? {
    header("Retry-After").flatMap { Int($0) }.map { .seconds(max(0, min($0, 86_400))) }
  }
}

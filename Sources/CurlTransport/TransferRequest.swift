public import HTTPTypes

/// One request, as the caller wants it on the wire.
public struct TransferRequest: Sendable {
  public var method: HTTPRequest.Method
  /// Absolute, and used byte for byte: signed URLs break when anybody tidies up their escapes. It must be printable
  /// ASCII without user name, password or fragment.
  public var url: String
  /// Sent as they are, repeated ones included. Those that frame the message (`Host`, `Content-Length`,
  /// `Transfer-Encoding`, `Connection`, `Accept-Encoding` and their like) belong to the transport and are refused.
  public var fields: HTTPFields
  public var body: [UInt8]?
  /// Gzips the body and says so in `Content-Encoding`. For log intake; ARM does not take it.
  public var compressesBody = false
  public var limits: TransferLimits
  /// From when the limit for the whole of it counts; nil for when it is handed to `send`. A request whose time is over
  /// before it could be sent, because threads were busy or the process was stopped, is not sent.
  public var begin: ContinuousClock.Instant?
  /// Permits plain HTTP to `169.254.169.254`, where the instance metadata service lives, whatever the configuration
  /// says. Such a request never goes through a proxy.
  public var allowsLinkLocal = false

  public init(
    method: HTTPRequest.Method = .get,
    url: String,
    fields: HTTPFields = [:],
    body: [UInt8]? = nil,
    compressesBody: Bool = false,
    limits: TransferLimits = TransferLimits(),
    begin: ContinuousClock.Instant? = nil,
    allowsLinkLocal: Bool = false
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.compressesBody = compressesBody
    self.limits = limits
    self.begin = begin
    self.allowsLinkLocal = allowsLinkLocal
  }
}

/// Why there is no answer. A status of 400 or above is an answer and never an error.
///
/// Names the host and nothing more of the URL, and no field or body: URLs are signed and fields carry tokens, and
/// errors end up in logs.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  public var code: Code
  public var message: String
  /// Host and port as the URL has them; nil if the URL could not be read.
  public var host: String?
  /// libcurl's own code, where libcurl spoke.
  public var curlCode: Int32?
  /// False only when surely nothing of the request left this machine: it was refused here, or the name, the
  /// connection or the TLS handshake failed, or it was given up before any of it was written. True means *unknown*.
  public var requestMayHaveBeenSent: Bool

  public init(
    code: Code, message: String, host: String? = nil, curlCode: Int32? = nil, requestMayHaveBeenSent: Bool
  ) {
    self.code = code
    self.message = message
    self.host = host
    self.curlCode = curlCode
    self.requestMayHaveBeenSent = requestMayHaveBeenSent
  }

  /// Whether the same request may fare better later. It says nothing about whether repeating it is safe: for that see
  /// `requestMayHaveBeenSent`.
  public var isRetryable: Bool {
    switch code {
    case .resolve, .connect, .timedOutConnecting, .stalled, .timedOut, .connectionLost, .truncated, .outOfMemory:
      true
    case .tls:
      // A handshake that broke off may succeed next time; a certificate that was refused will be refused again.
      curlCode == Self.handshakeBrokeOff
    case .invalidURL, .invalidRequest, .schemeNotAllowed, .protocolViolation, .bodyTooLarge, .headersTooLarge,
      .inflationTooLarge, .badCompression, .cancelled, .shutDown, .other:
      false
    }
  }

  public var description: String {
    var text = "\(code.rawValue): \(message)"
    if let host { text += " (host \(host))" }
    if let curlCode { text += " [curl \(curlCode)]" }
    return text
  }
}

extension TransportError {
  /// The closed set of reasons.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// Not an absolute URL of printable ASCII, or with user name, password or fragment.
    case invalidURL
    /// A method or field that cannot be sent as it is: it would break the framing, or belongs to the transport.
    case invalidRequest
    /// Neither HTTPS, nor plain HTTP to where that is permitted.
    case schemeNotAllowed
    case resolve
    case connect
    case tls
    case timedOutConnecting
    /// Connected, and then no byte in either direction for too long.
    case stalled
    case timedOut
    case connectionLost
    /// The body ended before its length, its last chunk or its compressed end.
    case truncated
    case protocolViolation
    case bodyTooLarge
    case headersTooLarge
    /// The body inflates out of all proportion: a bomb.
    case inflationTooLarge
    case badCompression
    case cancelled
    case shutDown
    case outOfMemory
    case other
  }
}

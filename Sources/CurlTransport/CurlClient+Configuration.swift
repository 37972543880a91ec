import Glibc

extension CurlClient {
  /// Whether plain HTTP is permitted anywhere. The metadata service is a matter of its own: see
  /// `TransferRequest.allowsLinkLocal`.
  public enum PlainHTTP: Sendable, Hashable {
    case never
    /// To `localhost`, `127.0.0.0/8` and `::1` only, for simulators and local identity endpoints.
    case loopbackOnly
  }

  /// Which proxy to use. Loopback and the metadata service are always asked directly, whatever this says.
  public enum Proxy: Sendable, Hashable {
    /// What `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY` and `no_proxy`, `NO_PROXY` say.
    case environment
    case none
  }

  /// How a client behaves towards all hosts.
  public struct Configuration: Sendable, Hashable {
    /// Transfers beyond these two wait; over HTTP/2 many share one connection.
    public var maximumConnectionsPerHost: Int
    public var maximumConnections: Int
    /// Sent with requests that have none of their own.
    public var userAgent: String
    /// A PEM file of authorities to trust instead of the system's, not beside them.
    public var certificateAuthorityFile: String?
    public var allowsPlainHTTP: PlainHTTP
    public var proxy: Proxy

    public init(
      maximumConnectionsPerHost: Int = 16,
      maximumConnections: Int = 64,
      userAgent: String = "aftercare",
      certificateAuthorityFile: String? = nil,
      allowsPlainHTTP: PlainHTTP = .never,
      proxy: Proxy = .environment
    ) {
      self.maximumConnectionsPerHost = maximumConnectionsPerHost
      self.maximumConnections = maximumConnections
      self.userAgent = userAgent
      self.certificateAuthorityFile = certificateAuthorityFile
      self.allowsPlainHTTP = allowsPlainHTTP
      self.proxy = proxy
    }

    /// Throws what would otherwise come back from every single request.
    func check() throws(TransportError) {
      // 0 means "no limit" to libcurl, and there is none without a limit here.
      guard maximumConnections > 0, maximumConnectionsPerHost > 0 else {
        throw TransportError(
          code: .other, message: "a client needs at least one connection", requestMayHaveBeenSent: false)
      }
      guard !userAgent.isEmpty, userAgent.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw TransportError(
          code: .invalidRequest, message: "the user agent is not printable ASCII", requestMayHaveBeenSent: false)
      }
      if let file = certificateAuthorityFile, access(file, R_OK) != 0 {
        throw TransportError(
          code: .tls, message: "the certificate authority file cannot be read: \(file)",
          requestMayHaveBeenSent: false)
      }
    }
  }
}

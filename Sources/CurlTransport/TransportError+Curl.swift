import CCurl

extension TransportError {
  static let handshakeBrokeOff = Int32(CURLE_SSL_CONNECT_ERROR.rawValue)

  /// What a code of libcurl's means to a caller.
  ///
  /// - Parameters:
  ///   - wroteNothing: nothing of the request was handed to the connection, on any attempt.
  ///   - detail: libcurl's own sentence. It is used where it speaks of names, addresses and certificates, and dropped
  ///     everywhere else, since nobody promises that it has no URL in it.
  init(curl result: CURLcode, detail: String, host: String, wroteNothing: Bool, headWasComplete: Bool) {
    let code = Self.code(result, wroteNothing: wroteNothing, headWasComplete: headWasComplete)
    let isAboutPeer = [.resolve, .connect, .tls].contains(code) && !detail.isEmpty
    self.init(
      code: code,
      message: isAboutPeer ? detail : String(cString: curl_easy_strerror(result)),
      host: host,
      curlCode: Int32(bitPattern: result.rawValue),
      requestMayHaveBeenSent: !(wroteNothing && Self.mayComeFirst.contains(code)))
  }

  /// The failures that can come before a request is written at all. The others count as "perhaps sent" even if libcurl
  /// counted no byte.
  private static let mayComeFirst: Set<Code> = [.resolve, .connect, .tls, .timedOutConnecting, .invalidURL]

  private static func code(_ result: CURLcode, wroteNothing: Bool, headWasComplete: Bool) -> Code {
    switch result {
    case CURLE_URL_MALFORMAT: .invalidURL
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
    case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .connect
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_USE_SSL_FAILED,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ENGINE_INITFAILED:
      .tls
    case CURLE_OPERATION_TIMEDOUT: wroteNothing ? .timedOutConnecting : .timedOut
    // Before anything was written these come from a proxy's refusal to open a tunnel.
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: wroteNothing ? .connect : .connectionLost
    case CURLE_HTTP2, CURLE_HTTP2_STREAM: .connectionLost
    case CURLE_PARTIAL_FILE: .truncated
    case CURLE_FILESIZE_EXCEEDED: .bodyTooLarge
    // libcurl says "out of memory" when a single header line is longer than it takes.
    case CURLE_OUT_OF_MEMORY: wroteNothing || headWasComplete ? .outOfMemory : .headersTooLarge
    // The former is how an answer without a status line is reported, the scheme having been checked before.
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .protocolViolation
    default: .other
    }
  }
}

import CCurl
import HTTPTypes

extension Transfer {
  /// Sets every option of the transfer. Options that merely restate a default are here on purpose: they are what the
  /// safety of tokens rests on, and defaults change.
  static func setOptions(
    of easy: EasyHandle, plan: TransferPlan, within left: Duration, configuration: CurlClient.Configuration
  ) throws(EasyHandle.OptionFailure) {
    // Threads and signals: no SIGALRM for name lookups, and never wait for a lookup that was given up. Without the
    // latter one dead name server holds up every transfer for as long as the resolver tries.
    try easy.set(CURLOPT_NOSIGNAL, true)
    try easy.set(CURLOPT_QUICK_EXIT, true)

    // Where to: exactly there, and nowhere else whatever the answer says. libcurl reads no more of the URL than it has to:
    // it would write the rest anew, byte by byte.
    try easy.set(CURLOPT_URL, plan.address.origin)
    try easy.set(CURLOPT_REQUEST_TARGET, plan.address.target)
    try easy.set(CURLOPT_PROTOCOLS_STR, plan.address.scheme.rawValue)
    try easy.set(CURLOPT_FOLLOWLOCATION, false)
    try easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, true)
    try easy.set(CURLOPT_NETRC, 0)
    try easy.set(CURLOPT_UNRESTRICTED_AUTH, false)
    // An empty proxy switches off the environment's as well.
    if configuration.proxy == .none || plan.address.isLoopback || plan.address.isLinkLocal {
      try easy.set(CURLOPT_PROXY, "")
    }
    try easy.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    try easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)

    try easy.set(CURLOPT_SSL_VERIFYPEER, 1)
    try easy.set(CURLOPT_SSL_VERIFYHOST, 2)
    try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let file = configuration.certificateAuthorityFile {
      try easy.set(CURLOPT_CAINFO, file)
      // The distribution's directory would otherwise go on being trusted beside the file.
      try easy.set(CURLOPT_CAPATH, String?.none)
    }

    try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    try easy.set(CURLOPT_HTTP09_ALLOWED, false)
    // Wait for a connection that is being made rather than open another, if it may turn out to be shared. In the clear
    // only an answer would tell, so that everybody would wait for the slowest first one.
    try easy.set(CURLOPT_PIPEWAIT, plan.address.scheme == .https)
    try easy.set(CURLOPT_TCP_KEEPALIVE, true)
    // Asked for and not insisted on: a handle that was used before may still have its buffer, which is of this size, and
    // libcurl 7.88 then takes no other.
    try? easy.set(CURLOPT_BUFFERSIZE, 32 << 10)
    // When a kept connection turns out dead, libcurl repeats the request by itself. A method that must not be carried
    // out twice therefore gets a connection of its own making, on which that never happens.
    try easy.set(CURLOPT_FRESH_CONNECT, !plan.isIdempotent)

    try easy.set(CURLOPT_CONNECTTIMEOUT_MS, plan.limits.connect.limitMilliseconds)
    try easy.set(CURLOPT_TIMEOUT_MS, left.limitMilliseconds)

    // Inflating is our own affair, with limits that libcurl does not have.
    try easy.set(CURLOPT_HTTP_CONTENT_DECODING, false)

    // The order counts: a body makes it a POST, and then the method's name is put over that.
    if let body = plan.body { try easy.setBody(body) }
    if plan.method == .head {
      try easy.set(CURLOPT_NOBODY, true)
    } else {
      try easy.set(CURLOPT_CUSTOMREQUEST, plan.method.rawValue)
      try easy.set(CURLOPT_MAXFILESIZE_LARGE, size: max(1, plan.limits.bodyBytes))
    }
  }

  /// Leads what arrives to the collector.
  ///
  /// The context pointer is unowned: the transfer keeps the collector alive until its handle has left the multi
  /// handle, and libcurl calls back only before that, on the transfer thread.
  static func setCallbacks(
    of easy: EasyHandle, collector: ResponseCollector
  ) throws(EasyHandle.OptionFailure) {
    try easy.set(CURLOPT_HEADERDATA, unowned: collector)
    try easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.deliver(bytes, size * count, context) { $0.takeHeader($1) }
    }
    try easy.set(CURLOPT_WRITEDATA, unowned: collector)
    try easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.deliver(bytes, size * count, context) { $0.takeBody($1) }
    }
  }

  /// Returns how many bytes were taken; libcurl ends the transfer if it is not all of them.
  private static func deliver(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    to take: (ResponseCollector, UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Int {
    guard let bytes, let context, count > 0 else { return count }
    let collector = Unmanaged<ResponseCollector>.fromOpaque(context).takeUnretainedValue()
    return bytes.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
      take(collector, UnsafeBufferPointer(start: bytes, count: count)) ? count : 0
    }
  }
}

extension TransferPlan {
  /// Whether carrying it out twice is the same as once (RFC 9110, 9.2.2).
  var isIdempotent: Bool { [.get, .head, .put, .delete, .options].contains(method) }
}

import CCurl

/// One `CURLM*`: the transfers of a client and the connections that they share.
///
/// `@unchecked Sendable` because its pointer never changes, every method but `wake` is called by the transfer thread
/// alone, and `curl_multi_wakeup` is documented as callable from any thread while the handle lives; the inbox's lock,
/// under which `wake` is called and the last shared reference is dropped, sees to the latter.
final class MultiHandle: @unchecked Sendable {
  private let raw: UnsafeMutableRawPointer

  /// Nil if there is no memory.
  init?(maximumConnections: Int, perHost: Int) {
    guard CurlGlobal.isReady, let raw = curl_multi_init() else { return nil }
    self.raw = raw
    // None of these options can fail on a libcurl that knows them, and all are older than the oldest we build with.
    ccurl_multi_set_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    ccurl_multi_set_long(raw, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
    ccurl_multi_set_long(raw, CURLMOPT_MAX_HOST_CONNECTIONS, perHost)
    ccurl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, maximumConnections)
  }

  deinit { curl_multi_cleanup(raw) }

  func add(_ easy: EasyHandle) -> Bool { curl_multi_add_handle(raw, easy.raw) == CURLM_OK }

  /// Takes the transfer out, wherever it stands; an HTTP/1 connection in the middle of an answer is closed by this.
  func remove(_ easy: EasyHandle) { curl_multi_remove_handle(raw, easy.raw) }

  /// Moves every transfer as far as it goes without waiting.
  func perform() -> Bool {
    var running: Int32 = 0
    return curl_multi_perform(raw, &running) == CURLM_OK
  }

  /// The next transfer that has ended and was not asked for yet. The caller then removes it.
  func nextEnded() -> (transfer: Transfer, code: CURLcode)? {
    var easy: UnsafeMutableRawPointer?
    var code = CURLE_OK
    while ccurl_next_ended(raw, &easy, &code) == 1 {
      var owner: UnsafeMutableRawPointer?
      guard ccurl_get_pointer(easy, CURLINFO_PRIVATE, &owner) == CURLE_OK, let owner else { continue }
      return (Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue(), code)
    }
    return nil
  }

  /// Waits for something to do, at most so long, less if a timer of libcurl's own is due or `wake` is called.
  func wait(milliseconds: Int) -> Bool {
    curl_multi_poll(raw, nil, 0, Int32(clamping: milliseconds), nil) == CURLM_OK
  }

  /// Ends the current wait, or the next one. From any thread.
  func wake() { curl_multi_wakeup(raw) }
}

import CCurl

/// libcurl's process-wide set-up, which must happen once and before anything else of it.
///
/// It is never undone: other code in the process may use libcurl too, and the end of the process frees all.
enum CurlGlobal {
  /// Evaluated once, by the first to ask; the language guards against two at a time.
  static let isReady: Bool = ccurl_global_init() == CURLE_OK
}

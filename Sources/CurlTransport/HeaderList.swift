import CCurl

/// A list of header lines in libcurl's form. libcurl keeps the pointer, so the list must outlive the transfer.
final class HeaderList {
  private(set) var raw: UnsafeMutablePointer<curl_slist>?

  /// Nil if there is no memory.
  init?(_ lines: [String]) {
    for line in lines {
      // On failure the old list is untouched and still ours; `deinit` frees it.
      guard let longer = line.withCString({ curl_slist_append(raw, $0) }) else { return nil }
      raw = longer
    }
  }

  deinit { curl_slist_free_all(raw) }
}

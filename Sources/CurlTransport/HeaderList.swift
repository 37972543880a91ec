import CCurl
import Glibc

/// A list of header lines in libcurl's form. libcurl keeps the pointer, so the list must outlive the transfer.
final class HeaderList {
  private(set) var raw: UnsafeMutablePointer<curl_slist>?

  /// - Parameter lines: each ends with a zero byte and has no other one.
  /// - Returns: nil if there is no memory.
  init?(_ lines: [UInt8]) {
    let isComplete = lines.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count, let line = bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self) {
        // On failure the old list is untouched and still ours; `deinit` frees it.
        guard let longer = curl_slist_append(raw, line) else { return false }
        raw = longer
        start += strlen(line) + 1
      }
      return true
    }
    guard isComplete else { return nil }
  }

  deinit { curl_slist_free_all(raw) }
}

import CCurl

/// One `CURL*`: one transfer at a time, with its options. Belongs to the transfer thread.
///
/// A class because transfers share it one after the other; wrapped because to Swift `CURL*` and `CURLM*` are one type.
final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  /// Where libcurl writes what went wrong in detail.
  private let detail: UnsafeMutablePointer<CChar>

  /// Thrown by the setters: an option that libcurl does not take.
  struct OptionFailure: Error {
    let code: CURLcode
  }

  /// Nil if there is no memory.
  init?() {
    guard let raw = curl_easy_init() else { return nil }
    self.raw = raw
    detail = .allocate(capacity: Int(CURL_ERROR_SIZE))
    detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, detail)
  }

  /// Forgets the last transfer and every option of it, as if it were new. Connections are the multi handle's and stay.
  func reset() {
    curl_easy_reset(raw)
    detail[0] = 0
    ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, detail)
  }

  deinit {
    curl_easy_cleanup(raw)
    detail.deallocate()
  }

  func set(_ option: CURLoption, _ value: Int) throws(OptionFailure) {
    try check(ccurl_set_long(raw, option, value))
  }

  func set(_ option: CURLoption, _ value: Bool) throws(OptionFailure) {
    try check(ccurl_set_long(raw, option, value ? 1 : 0))
  }

  /// libcurl copies the text.
  func set(_ option: CURLoption, _ value: String?) throws(OptionFailure) {
    // Handed over as it is, a string would be copied once more.
    try check(value?.withCString { ccurl_set_string(raw, option, $0) } ?? ccurl_set_string(raw, option, nil))
  }

  func set(_ option: CURLoption, size value: Int) throws(OptionFailure) {
    try check(ccurl_set_size(raw, option, Int64(value)))
  }

  /// Keeps the list's pointer: the list must live until the transfer is over.
  func set(_ option: CURLoption, _ list: HeaderList) throws(OptionFailure) {
    try check(ccurl_set_list(raw, option, list.raw))
  }

  /// Keeps a pointer to `object` without owning it: it must live until the transfer is over.
  func set(_ option: CURLoption, unowned object: AnyObject) throws(OptionFailure) {
    try check(ccurl_set_pointer(raw, option, Unmanaged.passUnretained(object).toOpaque()))
  }

  func set(_ option: CURLoption, _ callback: @escaping ccurl_data_callback) throws(OptionFailure) {
    try check(ccurl_set_data_callback(raw, option, callback))
  }

  /// Hands over the request body, which libcurl copies.
  func setBody(_ body: [UInt8]) throws(OptionFailure) {
    try set(CURLOPT_POSTFIELDSIZE_LARGE, size: body.count)
    // The copying option takes no bytes for "ask a callback"; an empty body must be given as a text of no length.
    guard !body.isEmpty else { return try check(ccurl_set_string(raw, CURLOPT_COPYPOSTFIELDS, "")) }
    let code = body.withUnsafeBytes { bytes in
      ccurl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
    try check(code)
  }

  /// A number that libcurl knows about the transfer, 0 where it knows none.
  func long(_ info: CURLINFO) -> Int {
    var value = 0
    return ccurl_get_long(raw, info, &value) == CURLE_OK ? value : 0
  }

  /// A size in bytes, or a time in microseconds, 0 where libcurl knows none.
  func size(_ info: CURLINFO) -> Int {
    var value: Int64 = 0
    return ccurl_get_size(raw, info, &value) == CURLE_OK ? Int(value) : 0
  }

  /// libcurl's sentence about what went wrong, empty if it left none.
  var failureDetail: String { String(cString: detail) }

  private func check(_ code: CURLcode) throws(OptionFailure) {
    guard code == CURLE_OK else { throw OptionFailure(code: code) }
  }
}

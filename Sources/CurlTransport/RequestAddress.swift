/// The part of a URL that decides whether it may be asked: scheme, host and port. The rest is only looked through for
/// bytes that have no place in it, and goes out as it stands.
///
/// It is strict where URL parsers are known to differ, so that what is checked here is what libcurl then dials: no user
/// name, no escapes in the host, and loopback only in its plain spellings.
struct RequestAddress: Sendable, Hashable {
  enum Scheme: String, Sendable {
    case http, https
  }

  /// Where the metadata service of every Azure VM answers.
  static let linkLocalHost = "169.254.169.254"
  /// Room for signed URLs of some KB; far more than any service takes.
  static let longestURL = 32 << 10

  let scheme: Scheme
  /// Lower case; an IPv6 address without its brackets.
  let host: String
  /// Host and port as the URL has them.
  let authority: String
  /// Path and query as the URL has them: what the host is asked for.
  let target: String

  /// All that libcurl has to read of the URL.
  var origin: String { "\(scheme.rawValue)://\(authority)" }

  let isLoopback: Bool
  var isLinkLocal: Bool { host == Self.linkLocalHost }

  init(_ url: String) throws(TransportError) {
    let bytes = Array(url.utf8)
    guard bytes.count <= Self.longestURL else { throw Self.refusal(.invalidURL, "the URL is too long") }
    for byte in bytes {
      guard (0x21...0x7E).contains(byte) else {
        throw Self.refusal(.invalidURL, "the URL has a space, a control character or a byte that is not ASCII")
      }
      guard byte != UInt8(ascii: "#"), byte != UInt8(ascii: "\\") else {
        throw Self.refusal(.invalidURL, "the URL has a fragment or a backslash")
      }
    }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      throw Self.refusal(.invalidURL, "the URL is not absolute")
    }
    guard let scheme = Scheme(rawValue: String(decoding: bytes[..<colon], as: UTF8.self).lowercased()) else {
      throw Self.refusal(.schemeNotAllowed, "the URL's scheme is neither https nor http")
    }
    let authority = bytes[(colon + 3)...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw Self.refusal(.invalidURL, "the URL has a user name or password")
    }
    guard let host = Self.host(of: authority) else {
      throw Self.refusal(.invalidURL, "the URL's host or port cannot be read")
    }
    self.scheme = scheme
    self.host = host
    isLoopback = host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host)
    self.authority = String(decoding: authority, as: UTF8.self)
    let target = String(decoding: bytes[authority.endIndex...], as: UTF8.self)
    self.target = target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
  }

  /// Throws unless the scheme is permitted for the host.
  func checkPermitted(plainHTTP: CurlClient.PlainHTTP, linkLocal: Bool) throws(TransportError) {
    guard scheme == .http else { return }
    if linkLocal, isLinkLocal { return }
    if plainHTTP == .loopbackOnly, isLoopback { return }
    throw TransportError(
      code: .schemeNotAllowed, message: "plain HTTP is not permitted to this host", host: authority,
      requestMayHaveBeenSent: false)
  }

  /// The host in lower case, or nil if the authority is not `name`, `name:port`, `[v6]` or `[v6]:port`.
  private static func host(of authority: ArraySlice<UInt8>) -> String? {
    let host: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      rest = authority[authority.index(after: end)...]
      guard host.allSatisfy({ isHex($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else { return nil }
    } else {
      host = authority.prefix { $0 != UInt8(ascii: ":") }
      rest = authority[host.endIndex...]
      guard host.allSatisfy(isNameByte) else { return nil }
    }
    guard !host.isEmpty, host.count <= 253 else { return nil }
    if !rest.isEmpty {
      let digits = rest.dropFirst()
      guard rest.first == UInt8(ascii: ":"), (1...5).contains(digits.count), digits.allSatisfy(isDigit),
        let port = Int(String(decoding: digits, as: UTF8.self)), (1...65535).contains(port)
      else { return nil }
    }
    return String(decoding: host, as: UTF8.self).lowercased()
  }

  /// True for `127.a.b.c` in plain decimals. `127.1`, `0x7f000001` and `0177.0.0.1` reach the same place with some
  /// resolvers and not with others, and so are not taken for it.
  private static func isLoopbackIPv4(_ host: String) -> Bool {
    guard host.hasPrefix("127.") else { return false }
    var (dots, digits, number) = (0, 0, 0)
    for byte in host.utf8 {
      if byte == UInt8(ascii: "."), digits > 0 {
        dots += 1
        (digits, number) = (0, 0)
      } else {
        // No zero in front of another digit.
        guard isDigit(byte), digits == 0 || number > 0 else { return false }
        number = number * 10 + Int(byte - UInt8(ascii: "0"))
        digits += 1
        guard number <= 255 else { return false }
      }
    }
    return dots == 3 && digits > 0
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
  }

  private static func refusal(_ code: TransportError.Code, _ message: String) -> TransportError {
    TransportError(code: code, message: message, requestMayHaveBeenSent: false)
  }
}

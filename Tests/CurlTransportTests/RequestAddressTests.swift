import Testing

@testable import CurlTransport

@Suite("An address")
struct RequestAddressTests {
  @Test(
    "that could be misread is refused",
    arguments: [
      "", "example.com", "/path", "https:/example.com", "https://", "https:///path", "https://:443/", "https://a:/",
      "https://a:0/", "https://a:65536/", "https://a:123456/", "https://a:8x/", "https://user@a/", "https://u:p@a/",
      "https://a\u{0}/", "https://a /", "https://a/\u{7F}", "https://a/é", "https://a/#part", "https://a\\@b/",
      "https://127.0.0.1%2eevil.example/", "https://[::1/", "https://[fe80::1%25eth0]/", "https://[::1]x/",
      "https://a/" + String(repeating: "x", count: 40_000),
    ])
  func malformed(url: String) {
    #expect(performing: { try RequestAddress(url) }, throws: { ($0 as? TransportError)?.code == .invalidURL })
  }

  @Test("with another scheme is refused", arguments: ["ftp://a/", "file:///etc/passwd", "gopher://a/", "://a"])
  func scheme(url: String) {
    #expect(performing: { try RequestAddress(url) }, throws: { ($0 as? TransportError)?.code == .schemeNotAllowed })
  }

  @Test(
    "on loopback may be asked in the clear if configured",
    arguments: [
      "http://127.0.0.1/", "http://127.255.3.4:80?x", "HTTP://LocalHost:8080", "http://[::1]:1/",
    ])
  func loopback(url: String) throws {
    let address = try RequestAddress(url)
    try address.checkPermitted(plainHTTP: .loopbackOnly, linkLocal: false)
    #expect(throws: TransportError.self) { try address.checkPermitted(plainHTTP: .never, linkLocal: true) }
  }

  @Test(
    "elsewhere is never asked in the clear",
    arguments: [
      "http://example.com/", "http://127.1/", "http://0177.0.0.1/", "http://127.0.0.1.example.com/",
      "http://localhost.example.com/", "http://2130706433/", "http://127.0.0.256/", "http://169.254.169.253/",
      "http://127.0.0.1./", "http://[::2]/", "http://0.0.0.0/",
    ])
  func elsewhere(url: String) throws {
    let address = try RequestAddress(url)
    #expect(throws: TransportError.self) { try address.checkPermitted(plainHTTP: .loopbackOnly, linkLocal: true) }
  }

  @Test("of the metadata service may be asked in the clear by a request that says so, and no other")
  func metadata() throws {
    let address = try RequestAddress("http://169.254.169.254/metadata/identity")
    try address.checkPermitted(plainHTTP: .never, linkLocal: true)
    #expect(throws: TransportError.self) { try address.checkPermitted(plainHTTP: .loopbackOnly, linkLocal: false) }
  }

  @Test(
    "asks its host for what the URL has behind it, as it stands there",
    arguments: [
      ("https://a.example/", "https://a.example", "/"), ("HTTPS://a.example", "https://a.example", "/"),
      ("https://a.example:8443?x=%2F", "https://a.example:8443", "/?x=%2F"),
      ("https://[::1]//a/../b?c?d//", "https://[::1]", "//a/../b?c?d//"),
    ])
  func target(url: String, origin: String, target: String) throws {
    let address = try RequestAddress(url)
    #expect(address.origin == origin)
    #expect(address.target == target)
  }

  @Test("is refused by the client before anything is sent")
  func client() async throws {
    let client = try CurlClient()
    let error = try await failure(of: client, TransferRequest(url: "http://example.com/?sig=secret"))
    #expect(error.code == .schemeNotAllowed)
    #expect(error.host == "example.com")
    #expect(!error.requestMayHaveBeenSent)
    #expect(!error.description.contains("secret"))
    #expect(client.statistics.started == 0)
  }
}

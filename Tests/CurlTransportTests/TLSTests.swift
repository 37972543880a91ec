import AftercareTesting
import CurlTransport
import HTTPTypes
import Testing

@Suite("TLS", .enabled(if: TLSServer.openssl != nil, "needs the openssl command"), .timeLimit(.minutes(10)))
struct TLSTests {
  @Test("refuses a certificate that nobody vouches for, before anything is sent")
  func selfSigned() async throws {
    let server = try TLSServer(name: "IP:127.0.0.1")
    defer { server.close() }
    let client = try CurlClient()
    let error = try await failure(
      of: client, TransferRequest(method: .post, url: "https://127.0.0.1:\(server.port)/?sig=secret"))
    #expect(error.code == .tls)
    #expect(!error.requestMayHaveBeenSent && !error.isRetryable)
    #expect(error.message.contains("certificate") && !error.description.contains("secret"))
    await client.shutdown()
  }

  @Test("takes the same certificate once its authority is named")
  func trusted() async throws {
    let server = try TLSServer(name: "IP:127.0.0.1")
    defer { server.close() }
    let client = try CurlClient(configuration: .init(certificateAuthorityFile: server.certificate))
    let response = try await client.send(TransferRequest(url: "https://127.0.0.1:\(server.port)/"))
    #expect(response.status == .ok)
    await client.shutdown()
  }

  @Test("refuses a trusted certificate that is for another name")
  func otherName() async throws {
    let server = try TLSServer(name: "DNS:management.example")
    defer { server.close() }
    let client = try CurlClient(configuration: .init(certificateAuthorityFile: server.certificate))
    let error = try await failure(of: client, TransferRequest(url: "https://127.0.0.1:\(server.port)/"))
    #expect(error.code == .tls)
    #expect(!error.requestMayHaveBeenSent)
    await client.shutdown()
  }

  @Test("refuses a trusted certificate that has expired")
  func expired() async throws {
    let server = try TLSServer(name: "IP:127.0.0.1", days: -1)
    defer { server.close() }
    let client = try CurlClient(configuration: .init(certificateAuthorityFile: server.certificate))
    let error = try await failure(of: client, TransferRequest(url: "https://127.0.0.1:\(server.port)/"))
    #expect(error.code == .tls)
    #expect(!error.requestMayHaveBeenSent)
    #expect(error.message.contains("expired"), "\(error.message)")
    await client.shutdown()
  }

  @Test("refuses to speak TLS 1.1")
  func oldVersion() async throws {
    let server = try TLSServer(name: "IP:127.0.0.1", options: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
    defer { server.close() }
    let client = try CurlClient(configuration: .init(certificateAuthorityFile: server.certificate))
    let error = try await failure(of: client, TransferRequest(url: "https://127.0.0.1:\(server.port)/"))
    #expect(error.code == .tls)
    await client.shutdown()
  }

  @Test("cannot be set up with an authority file that is not there")
  func missingFile() {
    #expect(throws: TransportError.self) {
      try CurlClient(configuration: .init(certificateAuthorityFile: "/nowhere/at/all.pem"))
    }
  }
}

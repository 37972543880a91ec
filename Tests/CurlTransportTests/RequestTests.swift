import AftercareTesting
import HTTPTypes
import Testing

@testable import CurlTransport

@Suite("A request", .timeLimit(.minutes(10)))
struct RequestTests {
  @Test("carries a long signed URL byte for byte")
  func rawURL() async throws {
    let target =
      "/a/../b/./c//d%2F%2f;x?t=2024%3a00%3A00&s=a+b%20c|d{e}[f]^`'\"<>~&sig="
      + String(repeating: "Ab%3d%3D%c3%A9", count: 250)
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      let response = try await client.send(TransferRequest(url: server.url(target)))
      #expect(server.requests.map(\.target) == [target])
      #expect(response.url == server.url(target))
    }
  }

  @Test("reuses the connection of the one before")
  func keepAlive() async throws {
    try await withServer { _ in
      [.answer(body: [1])]
    } body: { server, client in
      for _ in 1...2 { _ = try await client.send(TransferRequest(url: server.url())) }
      #expect(server.connectionCount == 1)
      #expect(server.requests.map(\.ordinal) == [0, 1])
      #expect(client.statistics.connectionsOpened == 1)
    }
  }

  @Test("carries its fields, repeated and empty ones included, and nothing that libcurl makes up")
  func fields() async throws {
    var fields = HTTPFields()
    fields[.authorization] = "Bearer secret"
    for (name, value) in [("X-Twice", "one"), ("X-Twice", "two"), ("X-Empty", "")] {
      fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    let request = fields
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      _ = try await client.send(
        TransferRequest(method: .put, url: server.url(), fields: request, body: Array("hello".utf8)))
      let received = try #require(server.requests.first)
      #expect(received.requestLine == "PUT / HTTP/1.1")
      #expect(received.values("authorization") == ["Bearer secret"])
      #expect(received.values("x-twice") == ["one", "two"])
      #expect(received.values("x-empty") == [""])
      #expect(received.values("user-agent") == ["aftercare"])
      #expect(received.values("accept-encoding") == ["gzip"])
      #expect(received.values("expect").isEmpty && received.values("content-type").isEmpty)
      #expect(received.body == Array("hello".utf8))
    }
  }

  @Test("has nothing of the one that its handle was used for before", arguments: ["PUT", "HEAD", "POST"])
  func afterAnother(name: String) async throws {
    let method = try #require(HTTPRequest.Method(rawValue: name))
    let secret = try #require(HTTPField.Name("X-Secret"))
    try await withServer { _ in
      [.answer(body: Array("answer".utf8))]
    } body: { server, client in
      var first = TransferRequest(method: method, url: server.url("/first"), fields: [secret: "1"])
      if method != .head { first.body = Array("first".utf8) }
      first.limits.bodyBytes = 6
      _ = try await client.send(first)
      let answer = try await client.send(TransferRequest(url: server.url("/second")))
      let received = try #require(server.requests.last)
      #expect(received.requestLine == "GET /second HTTP/1.1")
      #expect(received.values("x-secret").isEmpty && received.values("content-length").isEmpty)
      #expect(received.body.isEmpty)
      #expect(answer.body == Array("answer".utf8))
      #expect(answer.url == server.url("/second"))
    }
  }

  @Test("that fails says nothing of the failure of another")
  func afterAFailure() async throws {
    try await withServer { request in
      request.target == "/first" ? [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close] : [.answer()]
    } body: { server, client in
      let error = try await failure(of: client, TransferRequest(method: .post, url: server.url("/first")))
      #expect(error.requestMayHaveBeenSent)
      // Nobody listens on port 1: nothing was sent, whatever the handle has sent before.
      let refused = try await failure(of: client, TransferRequest(url: "http://127.0.0.1:1/"))
      #expect(!refused.requestMayHaveBeenSent)
      #expect(try await client.send(TransferRequest(url: server.url("/third"))).status.code == 200)
    }
  }

  @Test("without a body says so where servers insist", arguments: [("POST", ["0"]), ("PUT", ["0"]), ("DELETE", [])])
  func emptyBody(name: String, lengths: [String]) async throws {
    let method = try #require(HTTPRequest.Method(rawValue: name))
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      _ = try await client.send(TransferRequest(method: method, url: server.url()))
      #expect(server.requests.first?.requestLine == "\(name) / HTTP/1.1")
      #expect(server.requests.first?.values("content-length") == lengths)
    }
  }

  @Test("is gzipped on demand")
  func compressed() async throws {
    let body = Array(String(repeating: "the same line again\n", count: 5000).utf8)
    try await withServer {
      [.answer("200 OK", "Content-Encoding: gzip", body: $0.body)]
    } body: { server, client in
      let response = try await client.send(
        TransferRequest(method: .post, url: server.url(), body: body, compressesBody: true))
      let received = try #require(server.requests.first)
      #expect(received.values("content-encoding") == ["gzip"])
      #expect(received.body.count < body.count / 10)
      #expect(response.body == body)
    }
  }

  @Test("that may not be repeated is not repeated when a kept connection dies", arguments: [true, false])
  func deadConnection(isPost: Bool) async throws {
    // The second request on any connection finds it closed without a word.
    let script: LoopbackServer.Handler = { $0.ordinal == 0 ? [.answer()] : [.close] }
    try await withServer(script) { server, client in
      _ = try await client.send(TransferRequest(url: server.url("/first")))
      _ = try await client.send(TransferRequest(method: isPost ? .post : .get, url: server.url("/second")))
      #expect(server.requests.filter { $0.target == "/second" }.count == (isPost ? 1 : 2))
    }
  }

  @Test(
    "with fields that belong to the transport is refused",
    arguments: ["Content-Length", "Transfer-Encoding", "Host", "Connection"])
  func framing(name: String) async throws {
    let client = try CurlClient(configuration: .init(allowsPlainHTTP: .loopbackOnly))
    let fields: HTTPFields = [try #require(HTTPField.Name(name)): "5"]
    let error = try await failure(of: client, TransferRequest(url: "http://127.0.0.1:9/", fields: fields))
    #expect(error.code == .invalidRequest)
    #expect(!error.requestMayHaveBeenSent)
  }

  @Test("cannot be made to carry a second field or request in a value")
  func injection() async throws {
    let value = "x\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1"
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      _ = try? await client.send(TransferRequest(url: server.url(), fields: [.accept: value]))
      let lenient = HTTPFields([HTTPField(name: .accept, lenientValue: Array(value.utf8))])
      _ = try? await client.send(TransferRequest(url: server.url(), fields: lenient))
      #expect(server.requests.allSatisfy { $0.values("X-Evil").isEmpty && $0.target == "/" })
      let error = try await failure(of: client, TransferRequest(url: server.url("/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n")))
      #expect(error.code == .invalidURL)
    }
    #expect(throws: TransportError.self) { try CurlClient(configuration: .init(userAgent: "a\r\nX-Evil: 1")) }
  }

  @Test("does not follow a redirect")
  func redirect() async throws {
    try await withServer { _ in
      [.answer("302 Found", "Location: /elsewhere")]
    } body: { server, client in
      let response = try await client.send(TransferRequest(url: server.url()))
      #expect(response.status == .found)
      #expect(response.fields[.location] == "/elsewhere")
      #expect(server.requests.count == 1)
    }
  }
}

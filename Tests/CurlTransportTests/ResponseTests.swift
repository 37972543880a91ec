import AftercareTesting
import HTTPTypes
import Testing

@testable import CurlTransport

@Suite("An answer", .timeLimit(.minutes(10)))
struct ResponseTests {
  @Test("keeps repeated fields, drops interim answers, and leaves out lines that are no fields")
  func fields() async throws {
    let text = """
      HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\nHTTP/1.1 201 Made So\r\nSet-Cookie: a\r\nSet-Cookie:  b \r
      Bad Name: x\r\nContent-Length: 2\r\n\r\nok
      """
    try await withServer { _ in
      [.text(text)]
    } body: { server, client in
      let response = try await client.send(TransferRequest(url: server.url()))
      #expect(response.status.code == 201)
      #expect(response.status.reasonPhrase == "Made So")
      #expect(response.fields[values: .setCookie] == ["a", "b"])
      #expect(response.fields.count == 3)
      for answer in [response, Self.withItsFieldsSet(response)] {
        #expect(answer.header("SET-COOKIE") == "a, b")
        #expect(answer.header("Bad Name") == nil && answer.header("Link") == nil && answer.header("Set") == nil)
        #expect(answer.fields == response.fields)
      }
      #expect(response.body == Array("ok".utf8))
      #expect(response.version == .http11)
      #expect(response.wireBytes == 2)
    }
  }

  private static func withItsFieldsSet(_ response: TransferResponse) -> TransferResponse {
    var response = response
    response.fields = response.fields
    return response
  }

  @Test("has its own names of fields, however much they are like those of another")
  func names() async throws {
    // Of one length, with the same first and last letters, and in another case.
    let names = ["X-Aaa-Z", "X-Bbb-Z", "x-aaa-z", "X-Bbb-Z", "X-Aaa-Z"]
    try await withServer { request in
      [.text("HTTP/1.1 200 OK\r\n\(names[request.ordinal]): \(request.ordinal)\r\nContent-Length: 0\r\n\r\n")]
    } body: { server, client in
      for (ordinal, name) in names.enumerated() {
        let response = try await client.send(TransferRequest(url: server.url()))
        #expect(response.fields.first?.name.rawName == name)
        #expect(response.header(name) == String(ordinal))
      }
    }
  }

  @Test("is put together from chunks, and its trailers are left out")
  func chunks() async throws {
    let text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
    try await withServer { _ in
      [.text(text)]
    } body: { server, client in
      let response = try await client.send(TransferRequest(url: server.url()))
      #expect(response.body == Array("abcde".utf8))
      #expect(response.fields.count == 1)
    }
  }

  @Test("in gzip is inflated, also if it comes byte by byte or in several members", arguments: [1, 3])
  func gzip(members: Int) async throws {
    let plain = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    let member = try Gzip.compress(plain)
    let body = Array(repeatElement(member, count: members).joined())
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
    let pieces = body.prefix(300).map { ServerAction.send([$0]) } + [.send(Array(body.dropFirst(300)))]
    try await withServer { _ in
      [.text(head)] + pieces
    } body: { server, client in
      let response = try await client.send(TransferRequest(url: server.url()))
      #expect(response.body == Array(repeatElement(plain, count: members).joined()))
      #expect(response.wireBytes == body.count)
    }
  }

  /// What is wrong with a body, and what it is called.
  struct Broken: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: TransportError.Code
    var actions: [ServerAction]
  }

  static let compressed = (try? Gzip.compress(Array(repeating: 7, count: 10_000))) ?? []

  static let brokenOnes = [
    Broken(
      testDescription: "shorter than its length", code: .truncated,
      actions: [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close]),
    Broken(
      testDescription: "without its last chunk", code: .truncated,
      actions: [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), .close]),
    Broken(
      testDescription: "gzip cut off", code: .truncated,
      actions: [.answer("200 OK", "Content-Encoding: gzip", body: compressed.dropLast(9))]),
    Broken(
      testDescription: "gzip in name only", code: .badCompression,
      actions: [.answer("200 OK", "Content-Encoding: gzip", body: Array("not gzip at all".utf8))]),
    Broken(
      testDescription: "gzip with a wrong checksum", code: .badCompression,
      actions: [
        .answer("200 OK", "Content-Encoding: gzip", body: compressed.dropLast(8) + Array(repeating: 0, count: 8))
      ]),
    Broken(
      testDescription: "in an encoding nobody asked for", code: .protocolViolation,
      actions: [.answer("200 OK", "Content-Encoding: br", body: [1, 2, 3])]),
    Broken(
      testDescription: "garbage instead of a status line", code: .protocolViolation,
      actions: [.text("SSH-2.0-x\r\n\r\n"), .close]),
    Broken(
      testDescription: "a folded field", code: .protocolViolation,
      actions: [.text("HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n")]),
    Broken(
      testDescription: "reset in the middle", code: .connectionLost,
      actions: [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .reset]),
    Broken(testDescription: "no answer at all", code: .connectionLost, actions: [.close]),
    Broken(
      testDescription: "endless fields", code: .headersTooLarge,
      actions: [.text("HTTP/1.1 200 OK\r\n")]
        + Array(repeating: .text("X-A: \(String(repeating: "a", count: 1000))\r\n"), count: 400)),
    Broken(
      testDescription: "endless interim answers", code: .headersTooLarge,
      actions: Array(
        repeating: .text("HTTP/1.1 103 Early Hints\r\nX-A: \(String(repeating: "a", count: 1000))\r\n\r\n"), count: 400)
    ),
    Broken(
      testDescription: "one endless field", code: .headersTooLarge,
      actions: [.text("HTTP/1.1 200 OK\r\nX-A: ")]
        + Array(repeating: .text(String(repeating: "a", count: 1000)), count: 400)),
  ]

  @Test("that is broken is an error with the right name", arguments: brokenOnes)
  func broken(_ broken: Broken) async throws {
    try await withServer { _ in
      broken.actions
    } body: { server, client in
      let error = try await failure(of: client, TransferRequest(url: server.url("/path?sig=secret")))
      #expect(error.code == broken.code, "\(error)")
      #expect(error.requestMayHaveBeenSent)
      #expect(error.host == "127.0.0.1:\(server.port)")
      #expect(!error.description.contains("secret") && !error.description.contains("path"))
    }
  }

  @Test(
    "larger than permitted is given up and the connection closed, with a length or without", arguments: [true, false])
  func bodyTooLarge(hasLength: Bool) async throws {
    let head = "HTTP/1.1 200 OK\r\n" + (hasLength ? "Content-Length: 100000000\r\n\r\n" : "\r\n")
    let piece = [UInt8](repeating: 1, count: 1000)
    try await withServer { _ in
      [.text(head), .send(piece), .send(piece), .stall]
    } body: { server, client in
      let request = TransferRequest(url: server.url(), limits: TransferLimits(bodyBytes: 1500))
      let error = try await failure(of: client, request)
      #expect(error.code == .bodyTooLarge)
      await server.hangUpsReached(1)
    }
  }

  @Test("of exactly the permitted size is taken")
  func bodyFits() async throws {
    try await withServer { _ in
      [.answer(body: [1, 2, 3])]
    } body: { server, client in
      let request = TransferRequest(url: server.url(), limits: TransferLimits(bodyBytes: 3))
      let response = try await client.send(request)
      #expect(response.body == [1, 2, 3])
    }
  }

  @Test("that is a gzip bomb is stopped while it arrives, by ratio or by size", arguments: [true, false])
  func bomb(byRatio: Bool) async throws {
    // Each member inflates to 16 MiB out of 16 KB. The server sends 1,000 of them, if anybody lets it.
    let member = try Gzip.compress([UInt8](repeating: 0, count: 16 << 20))
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    let bomb = [.text(head)] + Array(repeating: ServerAction.send(member), count: 1000) + [.stall]
    try await withServer { _ in
      bomb
    } body: { server, client in
      var limits = TransferLimits()
      if !byRatio { limits.inflationRatio = 1_000_000 }
      let error = try await failure(of: client, TransferRequest(url: server.url(), limits: limits))
      #expect(error.code == (byRatio ? .inflationTooLarge : .bodyTooLarge))
      await server.hangUpsReached(1)
    }
  }

  @Test("that inflates holds no more than its limit at any time")
  func bombMemory() throws {
    let bomb = try Gzip.compress([UInt8](repeating: 0, count: 16 << 20))
    var body = ResponseBody(limits: TransferLimits(bodyBytes: 100_000, inflationRatio: 1_000_000))
    var code: TransportError.Code?
    do throws(CollectionFailure) {
      try bomb.withUnsafeBufferPointer { bytes throws(CollectionFailure) in try body.take(bytes, coding: .gzip) }
    } catch {
      code = error.code
    }
    #expect(code == .bodyTooLarge)
    #expect(body.bytes.count <= 100_000)
  }
}

import AftercareTesting
import CurlTransport
import Glibc
import HTTPTypes
import Testing

@Suite("A limit", .timeLimit(.minutes(10)))
struct LimitTests {
  static let silences: [[ServerAction]] = [
    [.stall],
    [.text("HTTP/1.1 200 OK\r\n"), .stall],
    [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), .stall],
  ]

  @Test("on silence ends a transfer before, in and after the head", arguments: silences)
  func stall(actions: [ServerAction]) async throws {
    try await withServer { _ in
      actions
    } body: { server, client in
      let request = TransferRequest(url: server.url(), limits: TransferLimits(stall: .milliseconds(200)))
      let error = try await failure(of: client, request)
      #expect(error.code == .stalled)
      #expect(error.requestMayHaveBeenSent && error.isRetryable)
      await server.hangUpsReached(1)
    }
  }

  @Test("on the whole ends a transfer that still waits for a connection, as surely not sent")
  func whole() async throws {
    let configuration = CurlClient.Configuration(maximumConnectionsPerHost: 1, allowsPlainHTTP: .loopbackOnly)
    try await withServer(configuration: configuration) { _ in
      [.stall]
    } body: { server, client in
      let url = server.url()
      let first = Task { try await failure(of: client, TransferRequest(url: url)) }
      await server.requestsReached(1)
      let request = TransferRequest(url: url, limits: TransferLimits(whole: .milliseconds(100)))
      let error = try await failure(of: client, request)
      #expect(error.code == .timedOut)
      #expect(!error.requestMayHaveBeenSent)
      first.cancel()
      let other = try await first.value
      #expect(other.code == .cancelled)
    }
  }

  @Test("of one transfer's silence is not everybody's: the others use connections of their own")
  func neighbours() async throws {
    let script: LoopbackServer.Handler = { $0.target == "/slow" ? [.stall] : [.answer()] }
    try await withServer(script) { server, client in
      let url = server.url("/slow")
      let slow = Task { try await failure(of: client, TransferRequest(url: url)) }
      await server.requestsReached(1)
      let response = try await client.send(TransferRequest(url: server.url("/quick")))
      #expect(response.status == .ok)
      slow.cancel()
      _ = try await slow.value
    }
  }

  @Test("on the whole ends a transfer that has been sent")
  func wholeAfterSending() async throws {
    try await withServer { _ in
      [.stall]
    } body: { server, client in
      let request = TransferRequest(url: server.url(), limits: TransferLimits(whole: .milliseconds(100)))
      let error = try await failure(of: client, request)
      #expect(error.code == .timedOut)
      #expect(error.requestMayHaveBeenSent)
    }
  }

  @Test("on the whole that is over before the request could be sent keeps it from being sent")
  func wholeBeforeSending() async throws {
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      // On a connection that is there a request is on the wire with libcurl's first step.
      _ = try await client.send(TransferRequest(url: server.url("/first")))
      let limits = TransferLimits(whole: .milliseconds(100))
      // The thread that sends is stopped, as by SIGSTOP, for longer than the second request may take.
      let (isStopped, goesOn) = (Guarded(false), Guarded(false))
      async let stop: Void = withTaskExecutorPreference(client.executor) {
        isStopped.withLock { $0 = true }
        while !goesOn.withLock({ $0 }) { usleep(1000) }
      }
      while !isStopped.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
      let url = server.url()
      let stopped = TransferRequest(method: .delete, url: url, limits: limits, begin: .now)
      let late = TransferRequest(method: .delete, url: url, limits: limits, begin: .now - .seconds(1))
      async let second = failure(of: client, stopped)
      try await Task.sleep(for: .milliseconds(200))
      goesOn.withLock { $0 = true }
      await stop
      for error in [try await second, try await failure(of: client, late)] {
        #expect(error.code == .timedOut)
        #expect(!error.requestMayHaveBeenSent)
      }
      _ = try await client.send(TransferRequest(url: server.url("/last")))
      #expect(server.requests.map(\.target) == ["/first", "/last"])
    }
  }

  @Test("on connections holds, and everybody has a turn", arguments: [HTTPRequest.Method.get, .post])
  func connections(method: HTTPRequest.Method) async throws {
    let configuration = CurlClient.Configuration(maximumConnectionsPerHost: 3, allowsPlainHTTP: .loopbackOnly)
    try await withServer(configuration: configuration) { _ in
      [.answer()]
    } body: { server, client in
      let url = server.url()
      try await withThrowingTaskGroup { group in
        for _ in 0..<50 { group.addTask { _ = try await client.send(TransferRequest(method: method, url: url)) } }
        try await group.waitForAll()
      }
      // A POST opens a connection of its own, in the place of one that idles.
      if method == .get { #expect(server.connectionCount <= 3) }
      #expect(client.statistics.completed == 50)
    }
  }

  @Test("is not needed where nobody listens: the refusal is an error at once, and nothing was sent")
  func refused() async throws {
    let client = try CurlClient(configuration: .init(allowsPlainHTTP: .loopbackOnly))
    // None that a system gives away: it might be another test's by now.
    let request = TransferRequest(method: .post, url: "http://127.0.0.1:1/?sig=secret")
    let error = try await failure(of: client, request)
    #expect(error.code == .connect)
    #expect(!error.requestMayHaveBeenSent && error.isRetryable)
    #expect(!error.description.contains("secret"))
    await client.shutdown()
  }
}

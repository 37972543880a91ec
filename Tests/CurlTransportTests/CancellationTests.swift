import AftercareTesting
import CurlTransport
import Testing

@Suite("Cancelling and shutting down", .timeLimit(.minutes(10)))
struct CancellationTests {
  @Test("a transfer under way ends it and its connection")
  func underWay() async throws {
    try await withServer { _ in
      [.stall]
    } body: { server, client in
      let url = server.url()
      let task = Task { try await failure(of: client, TransferRequest(url: url)) }
      await server.requestsReached(1)
      task.cancel()
      let error = try await task.value
      #expect(error.code == .cancelled)
      #expect(error.requestMayHaveBeenSent)
      await server.hangUpsReached(1)
    }
  }

  @Test("before the send means that nothing is sent")
  func before() async throws {
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      let url = server.url()
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await failure(of: client, TransferRequest(url: url))
      }
      let error = try await task.value
      #expect(error.code == .cancelled)
      #expect(!error.requestMayHaveBeenSent)
      #expect(server.requests.isEmpty)
    }
  }

  @Test("after the answer changes nothing")
  func after() async throws {
    try await withServer { _ in
      [.answer(body: [1])]
    } body: { server, client in
      let url = server.url()
      let task = Task { try await client.send(TransferRequest(url: url)) }
      let first = try await task.value
      task.cancel()
      let second = try await client.send(TransferRequest(url: url))
      #expect(first.body == [1] && second.body == [1])
      #expect(client.statistics.cancelled == 0)
    }
  }

  @Test("a random third of 400 loses none and doubles none", arguments: [1, 2, 3] as [UInt64])
  func storm(seed: UInt64) async throws {
    let count = 400
    // Some wait for the release, so that the cancellations meet transfers in every state.
    let script: LoopbackServer.Handler = { request in
      request.target.hasSuffix("5") ? [.stall, .answer(body: [5])] : [.answer(body: Array(request.target.utf8))]
    }
    let returns = Guarded([String: Int]())
    try await withServer(script) { server, client in
      let urls = (0..<count).map { server.url("/\($0)") }
      var generator = SeededGenerator(seed: seed)
      let tasks = urls.map { url in
        Task {
          let result = await Result { try await client.send(TransferRequest(url: url)) }
          returns.withLock { $0[url, default: 0] += 1 }
          return result
        }
      }
      let victims = Set((0..<count).shuffled(using: &generator).prefix(count / 3))
      await server.requestsReached(Int(generator.next() % 20))
      for victim in victims.sorted().shuffled(using: &generator) { tasks[victim].cancel() }
      server.release()
      var cancelled = 0
      for (number, task) in tasks.enumerated() {
        switch await task.value {
        case .success(let response):
          #expect(response.body == (number % 10 == 5 ? [5] : Array("/\(number)".utf8)))
        case .failure(let error):
          #expect((error as? TransportError)?.code == .cancelled)
          #expect(victims.contains(number))
          cancelled += 1
        }
      }
      #expect(returns.withLock { $0.values.allSatisfy { $0 == 1 } && $0.count == count })
      let statistics = client.statistics
      #expect(statistics.started == count)
      #expect(statistics.cancelled == cancelled)
      #expect(statistics.started == statistics.completed + statistics.failed + statistics.cancelled)
      #expect(statistics.failed == 0)
    }
  }

  @Test("the client fails what is pending, and later sends too")
  func shutdown() async throws {
    try await withServer { _ in
      [.stall]
    } body: { server, client in
      let url = server.url()
      let tasks = (0..<40).map { _ in Task { try await failure(of: client, TransferRequest(url: url)) } }
      await server.requestsReached(3)
      await client.shutdown()
      for task in tasks {
        let error = try await task.value
        #expect(error.code == .shutDown)
      }
      let late = try await failure(of: client, TransferRequest(url: url))
      #expect(late.code == .shutDown)
      #expect(!late.requestMayHaveBeenSent)
      await client.shutdown()
    }
  }

  @Test("a client that was never used, and letting one go without a word, are both fine")
  func unused() async throws {
    let client = try CurlClient()
    await client.shutdown()
    let server = try LoopbackServer { _ in [.answer(), .stall] }
    do {
      let client = try CurlClient(configuration: .init(allowsPlainHTTP: .loopbackOnly))
      _ = try await client.send(TransferRequest(url: server.url()))
    }
    // The thread closes the connection as it ends.
    await server.hangUpsReached(1)
    server.close()
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

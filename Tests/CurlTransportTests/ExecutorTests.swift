import AftercareTesting
import CurlTransport
import Glibc
import Testing

@Suite("Tasks on a client's thread", .timeLimit(.minutes(10)))
struct ExecutorTests {
  @Test("send side by side, and go on where the answers came")
  func sideBySide() async throws {
    try await withServer { request in
      [.answer(body: Array(request.target.utf8))]
    } body: { server, client in
      let urls = (0..<200).map { server.url("/\($0)") }
      let threads = try await withTaskExecutorPreference(client.executor) {
        try await withThrowingTaskGroup(of: pthread_t.self) { group in
          for (number, url) in urls.enumerated() {
            group.addTask {
              let before = Self.thread()
              let answer = try await client.send(TransferRequest(url: url))
              #expect(answer.body == Array("/\(number)".utf8))
              #expect(before == Self.thread())
              return before
            }
          }
          return try await group.reduce(into: Set()) { $0.insert($1) }
        }
      }
      #expect(threads.count == 1)
      #expect(!threads.contains(Self.thread()))
    }
  }

  @Test("keep no transfer waiting however often they give way to each other")
  func busy() async throws {
    try await withServer { _ in
      [.answer()]
    } body: { server, client in
      let url = server.url()
      let isOver = Guarded(false)
      let turns = try await withTaskExecutorPreference(client.executor) {
        async let turns = {
          var turns = 0
          while !isOver.withLock({ $0 }) {
            turns += 1
            await Task.yield()
          }
          return turns
        }()
        _ = try await client.send(TransferRequest(url: url))
        isOver.withLock { $0 = true }
        return await turns
      }
      #expect(turns > 1)
    }
  }

  @Test("come before the first request, and outlive the client")
  func lifetimes() async throws {
    let client = try CurlClient(configuration: .init(allowsPlainHTTP: .loopbackOnly))
    let server = try LoopbackServer { $0.ordinal == 0 ? [.answer()] : [.stall] }
    let url = server.url()
    try await withTaskExecutorPreference(client.executor) {
      let first = Self.thread()
      await Task.yield()
      #expect(first == Self.thread())
      _ = try await client.send(TransferRequest(url: url))
      let pending = Task { try await failure(of: client, TransferRequest(url: url)) }
      await server.requestsReached(2)
      await client.shutdown()
      #expect(try await pending.value.code == .shutDown)
      for _ in 0..<100 { await Task.yield() }
      #expect(first != Self.thread(), "that thread is gone")
      await client.shutdown()
    }
    // The client is let go of on its own thread.
    var another: CurlClient? = try CurlClient(configuration: .init(allowsPlainHTTP: .loopbackOnly))
    let executor = another?.executor
    let held = Guarded(another)
    another = nil
    await withTaskExecutorPreference(executor) {
      await Task.yield()
      held.withLock { $0 = nil }
      for _ in 0..<100 { await Task.yield() }
    }
    server.close()
  }

  private static func thread() -> pthread_t { pthread_self() }
}

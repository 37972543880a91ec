import AftercareTesting
import AzureCloud
import CurlTransport
import HTTPTypes
import RecoveryCore
import Synchronization
import Testing

@Suite("What changes something under a lease")
struct TenureTests {
  static let association = Effect.putAssociation(
    machine: Samples.source, Association(name: "dcr-web", target: .rule(Samples.rule)))

  /// Answers when it is told to, unless it was cancelled by then.
  final class SlowExchange: HTTPExchange {
    private let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
    private let (answers, answer) = AsyncStream.makeStream(of: Void.self)
    private let wasCancelled = Mutex(false)

    var isCutOff: Bool { wasCancelled.withLock { $0 } }

    func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
      hasBegun.yield()
      await withTaskCancellationHandler {
        for await _ in answers { break }
      } onCancel: {
        wasCancelled.withLock { $0 = true }
      }
      if isCutOff { throw TransportError(code: .cancelled, message: "cancelled", requestMayHaveBeenSent: true) }
      return TransferResponse(
        status: .ok, fields: HTTPFields(), body: Array("{}".utf8), url: request.url, version: .http11, wireBytes: 2)
    }

    func isAsked() async { for await _ in begun { return } }
    func finish() { answer.yield() }
  }

  static func begin(_ exchange: SlowExchange, under tenure: Tenure) async -> Result<Progress, Fault> {
    let cloud = AzureCloud(.azure, identity: .token("t"), exchange: exchange, pause: Pause { _ in })
      .acting(while: tenure)
    let task = Task { () async -> Result<Progress, Fault> in
      do throws(Fault) {
        return .success(try await cloud.begin(association))
      } catch {
        return .failure(error)
      }
    }
    await exchange.isAsked()
    task.cancel()
    exchange.finish()
    return await task.value
  }

  @Test("is waited for when its caller is told to stop: another may begin right afterwards")
  func waited() async {
    let exchange = SlowExchange()
    let result = await Self.begin(exchange, under: Tenure { .seconds(20) })
    #expect(!exchange.isCutOff)
    #expect(result == .success(.done))
  }

  @Test("is cut off where nothing is shared: the next start is the next holder, and waits for what settles")
  func cutOff() async {
    let exchange = SlowExchange()
    let result = await Self.begin(exchange, under: .endless)
    #expect(exchange.isCutOff)
    #expect(throws: Fault.self) { try result.get() }
  }
}

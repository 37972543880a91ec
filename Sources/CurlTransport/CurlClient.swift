/// An asynchronous HTTP client on libcurl: connections are kept and shared, bodies are bounded, redirects are not
/// followed, and one thread of its own does all the work.
///
/// Every call of `send` returns or throws exactly once, whatever becomes of its task, the peer or the client.
public final class CurlClient: Sendable {
  private let configuration: Configuration
  private let loop: TransferLoop

  /// Throws if libcurl cannot be set up or the configuration cannot work.
  public init(configuration: Configuration = Configuration()) throws(TransportError) {
    try configuration.check()
    guard CurlGlobal.isReady else {
      throw TransportError(code: .other, message: "libcurl could not be set up", requestMayHaveBeenSent: false)
    }
    self.configuration = configuration
    loop = TransferLoop(configuration: configuration)
  }

  /// A pending `send` keeps the client, so nothing is pending here; the thread closes the connections and goes.
  deinit { loop.letGo() }

  /// Sends the request and returns the whole answer, whatever its status.
  ///
  /// When the calling task is cancelled it throws `.cancelled` at once, even if the answer was about to arrive: what
  /// the server does with the request then is unknown. A connection that was kept and turns out dead is replaced and the
  /// request repeated without a word, but only for methods that may be repeated (GET, HEAD, PUT, DELETE, OPTIONS);
  /// others always travel on a new connection.
  public func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    let plan = try TransferPlan(request, configuration)
    return try await loop.perform(plan).get()
  }

  /// Fails everything pending with `.shutDown`, and all later sends too; returns when the thread is gone. Calling it
  /// again is harmless.
  public func shutdown() async {
    await loop.shutDown()
  }

  /// The client's own thread, for tasks that do little but send requests and read the answers: they go on where the
  /// answer came, and no thread has to be woken. What they do holds up every other transfer, so nothing that blocks
  /// belongs there. They outlive the client.
  public var executor: (any TaskExecutor)? { loop }

  /// What the client has done so far.
  public var statistics: TransferStatistics { loop.statistics }
}

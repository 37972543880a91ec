import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
import WatchEngine

/// The status page, the metrics and the API, on one address.
///
/// What it shows is read from the watch and from its journal; nothing here decides. Only an order changes anything, and
/// only with the token.
public struct StatusServer: Service {
  public struct Address: Sendable {
    public var host: String
    public var port: Int
    public var isLoopback: Bool

    public init(host: String, port: Int, isLoopback: Bool) {
      self.host = host
      self.port = port
      self.isLoopback = isLoopback
    }
  }

  /// What one client, or all of them together, may ask of this process.
  enum Limits {
    static let headerBytes = 16 << 10
    static let bodyBytes = 16 << 10
    static let connections = 128
    static let streams = 32
    static let idle: TimeAmount = .seconds(60)
  }

  private let source: StatusSource
  private let metrics: WatchMetrics
  private let address: Address
  private let guardian: Guardian
  private let hintToken: String?
  private let logger: Logger
  private let onReady: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - token: Asked for by whatever changes something, and by everything where others than this host can ask.
  ///   - hintToken: Asked for by hints; without it none are taken.
  ///   - onReady: Is told the port.
  public init(
    _ source: StatusSource, metrics: WatchMetrics, at address: Address, token: String?, hintToken: String? = nil,
    logger: Logger, onReady: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.source = source
    self.metrics = metrics
    self.address = address
    guardian = Guardian(address: address, token: token)
    self.hintToken = hintToken
    self.logger = logger
    self.onReady = onReady
  }

  public func run() async throws {
    let onReady = onReady
    let application = Application(
      router: router,
      server: .http1(
        configuration: .init(
          idleTimeout: Limits.idle,
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: Limits.headerBytes, maxHeaderListSize: Limits.headerBytes, maxHeaderFieldCount: 100))),
      configuration: .init(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(Limits.connections)),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) }, logger: logger)
    try await application.run()
  }

  private var router: Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: guardian)
    Probes(source: source, metrics: metrics).add(to: router)
    Pages(source: source).add(to: router)
    API(source: source, streams: StreamLimit(Limits.streams)).add(to: router)
    if let hintToken { HintIntake(watch: source.watch, token: hintToken).add(to: router) }
    return router
  }
}

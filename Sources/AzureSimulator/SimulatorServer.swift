import HTTPTypes
import Hummingbird
public import Logging
import NIOCore

/// The simulator behind a real HTTP server on loopback.
public struct SimulatorServer: Sendable {
  private let azure: SimulatedAzure
  private let host: String
  private let port: Int
  private let logger: Logger

  public init(_ azure: SimulatedAzure, host: String = "127.0.0.1", port: Int = 0, logger: Logger) {
    self.azure = azure
    self.host = host
    self.port = port
    self.logger = logger
  }

  /// Serves until the task is cancelled; `onReady` is told the endpoint.
  public func run(onReady: @escaping @Sendable (String) async -> Void) async throws {
    let azure = azure
    let host = host
    let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
      var request = request
      let body = try await request.collectBody(upTo: 4 << 20)
      var headers: [String: String] = [:]
      for field in request.headers { headers[field.name.canonicalName] = field.value }
      let origin = "http://\(request.head.authority ?? host)"
      let answer = await azure.respond(
        to: SimulatedRequest(
          method: request.method.rawValue, target: request.head.path ?? "/", headers: headers,
          body: Array(body.readableBytesView), origin: origin))
      var fields = HTTPFields()
      for (name, value) in answer.headers {
        if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
      }
      if !answer.body.isEmpty { fields[.contentType] = answer.contentType }
      return Response(
        status: .init(code: answer.status), headers: fields,
        body: answer.body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(string: answer.body)))
    }
    let application = Application(
      responder: responder,
      server: .http1(configuration: .init(additionalChannelHandlers: [AzureDate { azure.time }])),
      configuration: .init(address: .hostname(host, port: port)),
      onServerRunning: { channel in await onReady("http://\(host):\(channel.localAddress?.port ?? 0)") }, logger: logger
    )
    try await application.run()
  }
}

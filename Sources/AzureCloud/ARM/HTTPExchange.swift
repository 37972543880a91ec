public import CurlTransport

/// What the adapter needs of HTTP: one request, one answer.
public protocol HTTPExchange: Sendable {
  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse
  /// Where answers arrive; nil for anywhere.
  var executor: (any TaskExecutor)? { get }
}

extension HTTPExchange {
  public var executor: (any TaskExecutor)? { nil }
}

extension CurlClient: HTTPExchange {}

public import CurlTransport

/// What the adapter needs of HTTP: one request, one answer.
public protocol HTTPExchange: Sendable {
  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse
}

extension CurlClient: HTTPExchange {}

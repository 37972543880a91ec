import AzureCloud
import CurlTransport

/// Dies before a request is sent, or when its answer is there and nobody has heard of it.
struct CrashingExchange: HTTPExchange {
  let base: any HTTPExchange
  let crasher: Crasher

  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    let path = request.url.prefix { $0 != "?" }
    return try await crasher.pass("\(request.method) \(path)") { () async throws(TransportError) in
      try await base.send(request)
    }
  }
}

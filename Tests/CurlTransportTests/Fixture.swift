import AftercareTesting
import CurlTransport
import HTTPTypes
import Testing

/// Runs `body` with a scripted server and a client for it, and ends both whatever happens.
func withServer(
  configuration: CurlClient.Configuration = CurlClient.Configuration(allowsPlainHTTP: .loopbackOnly),
  _ handler: @escaping LoopbackServer.Handler,
  body: (LoopbackServer, CurlClient) async throws -> Void
) async throws {
  let server = try LoopbackServer(handler)
  let client = try CurlClient(configuration: configuration)
  do {
    try await body(server, client)
  } catch {
    await client.shutdown()
    server.close()
    throw error
  }
  await client.shutdown()
  server.close()
  let statistics = client.statistics
  #expect(statistics.inFlight == 0, "every send that was started is accounted for: \(statistics)")
}

/// The error of a send that is expected to fail.
func failure(of client: CurlClient, _ request: TransferRequest) async throws -> TransportError {
  do throws(TransportError) {
    let response = try await client.send(request)
    Issue.record("expected an error, got \(response.status) with \(response.body.count) bytes")
    return TransportError(code: .other, message: "an answer came", requestMayHaveBeenSent: true)
  } catch {
    return error
  }
}

import AftercareTesting
import CurlTransport
import Foundation
import RecoveryCore

/// Runs `body` with a scripted receiver and a client for it, and ends both whatever happens.
func withReceiver(
  _ handler: @escaping LoopbackServer.Handler, body: (LoopbackServer, CurlClient) async throws -> Void
) async throws {
  let server = try LoopbackServer(handler)
  let client = try CurlClient(configuration: CurlClient.Configuration(allowsPlainHTTP: .loopbackOnly))
  do {
    try await body(server, client)
  } catch {
    await client.shutdown()
    server.close()
    throw error
  }
  await client.shutdown()
  server.close()
}

func withFolder(_ body: (URL) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "aftercare-sinks-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try await body(folder)
}

/// An alert of a failover that needs a person, as the alert keeper words it.
func alert(_ sequence: Int64, _ kind: EventKind = .alertRaised, edit: (inout Event) -> Void = { _ in }) -> RecordedEvent
{
  var event = Event(
    kind, at: Samples.start, vault: Samples.vault,
    fields: [
      "alert": "failover", "subject": "kv-dr-20260203T101500Z", "standing": "2m", "machines": "5",
      "conditions": "3 healing, 2 parked", "cause": "erp-web-01: the role is missing",
      "names": "erp-web-01, erp-web-02",
      "remedy": "`aftercare status` has the reasons; then run `aftercare retry` for each.",
    ])
  edit(&event)
  return RecordedEvent(sequence: sequence, event: event)
}

import AftercareTesting
import Foundation
import RecoveryCore
import Testing

/// Whoever answers in ARM's place wants the token. The host that it points to is real, and keeps what it gets.
@Suite("A hostile host", .timeLimit(.minutes(10)))
struct HostileHostTests {
  /// The ways to point there, by what the answer looks like.
  static let lures = ["nextLink", "redirect", "redirect of a write", "Azure-AsyncOperation", "Location"]

  @Test("never sees a request, whatever an answer says", arguments: lures)
  func lure(_ lure: String) async throws {
    try await Region.with { real in
      let hostile = try LoopbackServer { _ in [.answer("200 OK", body: Array(#"{"status":"Succeeded"}"#.utf8))] }
      defer { hostile.close() }
      let there = hostile.url("/subscriptions/stolen?api-version=1")
      let meddling: FaultyPeer.Meddling = { request, _ in Self.answer(to: request, lure, there) }
      try await FaultyPeer.with(before: real, meddle: meddling) { peer, region in
        let events = try await region.watch(
          { $0.replacing("passingWithin: 2m", with: "passingWithin: 3s") }, knowing: 6,
          during: {
            peer.turn(on: true)
            try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
          }, until: { $0.kind == .sweepFailed || $0.kind == .healParked })
        #expect(peer.hits > 0)
        #expect(hostile.requests.isEmpty, "\(hostile.requests.map(\.head))")
        let told = events.first { $0.kind == .sweepFailed || $0.kind == .healParked }
        #expect(told?.fields["remedy"]?.isEmpty == false)
      }
    }
  }

  private static func answer(to request: ReceivedRequest, _ lure: String, _ there: String) -> [ServerAction]? {
    let isList = request.requestLine.hasPrefix("GET") && request.target.contains("/replicationProtectedItems?")
    let isInstall = request.requestLine.hasPrefix("PUT") && request.target.contains("/extensions/")
    switch lure {
    case "nextLink" where isList:
      return [.answer("200 OK", body: Array(#"{"value":[],"nextLink":"\#(there)"}"#.utf8))]
    case "redirect" where isList: return [.answer("302 Found", "Location: \(there)")]
    case "redirect of a write" where isInstall: return [.answer("307 Temporary Redirect", "Location: \(there)")]
    case "Azure-AsyncOperation" where isInstall:
      return [.answer("201 Created", "Azure-AsyncOperation: \(there)", body: Array("{}".utf8))]
    case "Location" where isInstall: return [.answer("202 Accepted", "Location: \(there)")]
    default: return nil
    }
  }
}

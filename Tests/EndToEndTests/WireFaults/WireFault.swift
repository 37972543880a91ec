import AftercareTesting
import Foundation
import Testing

@testable import CurlTransport

/// Something that goes wrong between Azure and the daemon, or that somebody does in Azure's place.
struct WireFault: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether it takes as long as the daemon's patience lasts: such faults are played by `script/wire-faults` only.
  var isSlow = false
  private let actions: @Sendable (ReceivedRequest, _ endpoint: String) -> [ServerAction]

  var testDescription: String { name }

  /// Everything that is read of Site Recovery and Compute; tokens and the simulator's own controls are left alone.
  var meddling: FaultyPeer.Meddling {
    { request, endpoint in request.requestLine.hasPrefix("GET /subscriptions/") ? actions(request, endpoint) : nil }
  }

  private init(
    _ name: String, isSlow: Bool = false,
    _ actions: @escaping @Sendable (ReceivedRequest, _ endpoint: String) -> [ServerAction]
  ) {
    self.name = name
    self.isSlow = isSlow
    self.actions = actions
  }

  private init(_ name: String, isSlow: Bool = false, _ actions: ServerAction...) {
    self.init(name, isSlow: isSlow) { _, _ in actions }
  }

  private static let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

  private static func answer(_ json: String) -> ServerAction {
    .answer("200 OK", "Content-Type: application/json", body: Array(json.utf8))
  }

  /// So many bytes of one value, without holding them.
  private static func flood(_ bytes: Int, of byte: UInt8) -> [ServerAction] {
    let piece = [UInt8](repeating: byte, count: 1 << 16)
    return Array(repeating: .send(piece), count: bytes >> 16)
  }

  private static let bomb = (try? Gzip.compress([UInt8](repeating: UInt8(ascii: " "), count: 32 << 20))) ?? []

  static let all: [WireFault] = [
    WireFault("connection reset before the answer", .reset),
    WireFault(
      "connection reset in the middle of the body", .text(ok + "Content-Length: 900\r\n\r\n{\"value\": ["), .reset),
    WireFault("closed without an answer", .close),
    WireFault("body cut off", .text(ok + "Content-Length: 900\r\n\r\n{\"value\": ["), .close),
    WireFault("silence before the answer", isSlow: true, .stall),
    WireFault("silence in the middle of the body", isSlow: true, .text(ok + "Content-Length: 9\r\n\r\n{\""), .stall),
    WireFault("a byte every second, for ever", isSlow: true) { _, _ in
      [.text(ok + "Content-Length: 100000\r\n\r\n")]
        + Array(repeating: [.send([0x20]), .pause(milliseconds: 1000)], count: 600).joined()
    },
    WireFault("garbage instead of HTTP", .send((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167) }), .close),
    WireFault("HTML with 200", .answer("200 OK", "Content-Type: text/html", body: Array("<html>log in</html>".utf8))),
    WireFault("JSON that breaks off", answer("{\"value\": [{\"id\": ")),
    WireFault("JSON nested 100,000 deep", answer(String(repeating: "[", count: 100_000))),
    WireFault("JSON of millions of values", answer("{\"value\":[" + String(repeating: "0,", count: 4_000_000) + "0]}")),
    WireFault("gzip bomb of 32 GB") { _, _ in
      [.text(ok + "Content-Encoding: gzip\r\n\r\n")] + Array(repeating: .send(bomb), count: 1000) + [.close]
    },
    WireFault("body of 100 MB, announced") { _, _ in
      [.text(ok + "Content-Length: 104857600\r\n\r\n")] + flood(100 << 20, of: 0x20)
    },
    WireFault("body without end, unannounced") { _, _ in
      [.text(ok + "\r\n")] + flood(1 << 30, of: 0x20)
    },
    WireFault("headers without end") { _, _ in
      [.text(ok + "X-A: ")] + flood(64 << 20, of: 0x61)
    },
    WireFault("pages without end, each with a link to the next") { request, endpoint in
      let here = request.target.split(separator: "=").last.flatMap { Int($0) } ?? 0
      return [answer("{\"value\": [], \"nextLink\": \"\(endpoint)/subscriptions/s/list?page=\(here + 1)\"}")]
    },
    WireFault("pages in a circle") { request, endpoint in
      let next = request.target.hasSuffix("=1") ? 2 : 1
      return [answer("{\"value\": [], \"nextLink\": \"\(endpoint)/subscriptions/s/list?page=\(next)\"}")]
    },
    WireFault("a nextLink to another host", answer("{\"value\": [], \"nextLink\": \"https://evil.example/list\"}")),
    WireFault("redirects in a circle") { request, endpoint in
      [.answer("302 Found", "Location: \(endpoint)\(request.target)")]
    },
    WireFault("a redirect to another host", .answer("307 Temporary Redirect", "Location: https://evil.example/list")),
    WireFault("503 without a body", .answer("503 Service Unavailable")),
  ]
}

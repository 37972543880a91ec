import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Testing

/// What programs read: its keys are those of docs/json.md.
@Suite("A shape of JSON")
struct ShapeTests {
  static let document = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/json.md")

  static func keys(_ value: some Encodable) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: Any])
  }

  @Test("of the status has every key that is documented, and no other")
  func status() throws {
    var alert = Alert(
      .failover, of: "kv-dr-1", level: .error, machines: [.parked: 1], names: ["a"], cause: "c", remedy: "r",
      since: JournalSamples.start)
    alert.told = .init(at: JournalSamples.start, level: .error, machines: [:], names: [])
    var item = JournalSamples.healingItem()
    item.failover?.id = "kv-dr-1"
    let snapshot = FleetSnapshot(
      at: JournalSamples.start, states: [item], brakes: Brakes(), alerts: [alert], sweeps: [JournalSamples.sweep()])
    let report = try Self.keys(StatusReport(snapshot))
    #expect(Set(report.keys) == ["at", "items", "counts", "alerts", "machines", "sweeps", "brakes"])
    let text = try String(contentsOf: Self.document, encoding: .utf8)
    for part in ["alerts", "machines", "sweeps"] {
      let first = try #require((report[part] as? [[String: Any]])?.first)
      let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| `\(part)[]` | ") })
      for key in first.keys { #expect(row.contains("`\(key)`"), "docs/json.md: \(part)[] lacks \(key)") }
    }
  }

  @Test("of an event has every key that is documented")
  func event() throws {
    let told = try Self.keys(ToldEvent(RecordedEvent(sequence: 1, event: JournalSamples.event(.healStarted))))
    let text = try String(contentsOf: Self.document, encoding: .utf8)
    for key in told.keys { #expect(text.contains("`\(key)`"), "docs/json.md lacks \(key)") }
    #expect(told["at"] as? String == "2026-02-03T10:15:00Z")
  }
}

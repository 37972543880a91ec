import AftercareTesting
import Foundation
import RecoveryCore
import Testing
import WatchEngine

@testable import StatusServer

/// The samples that fuzzing begins with are those of Microsoft's pages, with our names in them.
@Suite("A push", .timeLimit(.minutes(5)))
struct PushTests {
  static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz/Corpus/push")

  static func push(_ text: String) -> Push? { try? Push(Array(text.utf8)) }

  static func problem(_ text: String) -> String? { problem(Array(text.utf8)) }

  static func problem(_ bytes: [UInt8]) -> String? {
    do throws(PushProblem) {
      _ = try Push(bytes)
      return nil
    } catch {
      return error.description
    }
  }

  @Test(
    "is told apart by its shape, and points at what it is about",
    arguments: [
      (
        "own", .hints([.resource(Samples.vault), .resource(Samples.recovered), .item("erp-web-01")])
      ),
      ("event-grid", .hints([.resource(Samples.recovered)])),
      ("handshake", .handshake(code: "512d38b6-c7b8-40c8-89fe-f46f9e9622b6")),
      (
        "cloud-event",
        .hints([
          .resource(
            Samples.vault.appending(
              "replicationFabrics/f/replicationProtectionContainers/c/replicationProtectedItems/PMsm9"))
        ])
      ),
      ("common-alert", .hints([.resource(Samples.vault)])),
      ("activity-log", .hints([.resource(Samples.recovered)])),
    ] as [(String, Push)])
  func shapes(name: String, expected: Push) throws {
    let data = try Data(contentsOf: Self.corpus.appending(path: "\(name).json"))
    #expect(try Push(data) == expected)
  }

  @Test("may be a batch of CloudEvents, whose data is anything")
  func batch() throws {
    let data = try Data(contentsOf: Self.corpus.appending(path: "cloud-events.json"))
    guard case .hints(let hints) = try Push(data) else {
      Issue.record("a handshake")
      return
    }
    #expect(hints.count == 2 && hints.last == .resource(Samples.recovered))
  }

  @Test("that says nothing means everything; one of the delivery itself means nothing")
  func nothing() {
    for text in ["", " \r\n\t", "{}"] { #expect(Self.push(text) == .hints([.everything]), "'\(text)'") }
    #expect(Self.push("[]") == .hints([]))
    #expect(
      Self.push(#"[{"eventType": "Microsoft.EventGrid.SubscriptionDeletedEvent", "subject": "", "data": {}}]"#)
        == .hints([]))
    #expect(Self.push(#"{"item": "/subscriptions/1/x"}"#) == .hints([.resource(Samples.id("/subscriptions/1/x"))]))
  }

  @Test(
    "that is not understood is named, and nothing of it is repeated",
    arguments: [
      ("<xml>marker</xml>", "it is not JSON"), ("{\"marker\": ", "it is not JSON"),
      ("\"marker\"", "it is neither an object nor an array"), ("7", "it is neither an object nor an array"),
      (#"{"marker": 1}"#, "it has other keys"), (#"{"vault": "marker"}"#, "its 'vault' is no ARM id"),
      (#"{"machine": ["/subscriptions/1"]}"#, "its 'machine' is no ARM id"),
      (#"{"item": ""}"#, "its 'item' is no name or ARM id"), (#"{"item": null}"#, "its 'item' is no name or ARM id"),
      (#"[{"marker": 1}]"#, "number 1 of the array is no event"), ("[[]]", "number 1 of the array is no event"),
      (#"[{"eventType": "a", "subject": "/subscriptions/1"}, 7]"#, "number 2 of the array is no event"),
      (#"[{"eventType": "a", "subject": "marker", "data": 7}]"#, "an event has an ARM id neither"),
      (#"[{"eventType": {}, "subject": []}]"#, "an event has an ARM id neither"),
      (
        #"[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": 7}}]"#,
        "the validation event has no"
      ),
      (#"{"schemaId": "marker"}"#, "its 'schemaId' is of another kind"),
      (#"{"schemaId": 7, "data": {}}"#, "its 'schemaId' is of another kind"),
      (
        #"{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertTargetIDs": "marker"}}}"#,
        "the alert has no ARM id"
      ),
      (#"{"schemaId": "Microsoft.Insights/activityLogs", "data": [7]}"#, "the alert has no ARM id"),
    ])
  func problems(text: String, words: String) throws {
    let problem = try #require(Self.problem(text))
    #expect(problem.hasPrefix(words) && !problem.contains("marker"), "\(problem)")
  }

  @Test("that is hostile is refused within bounds")
  func hostile() {
    let deep = String(repeating: "[", count: 500_000)
    #expect(Self.problem(deep) != nil)
    #expect(Self.problem(#"{"vault": "# + deep) != nil)
    #expect(
      Self.problem(String(repeating: #"{"data":"#, count: 60_000) + "1" + String(repeating: "}", count: 60_000)) != nil)
    #expect(Self.problem([0xFF, 0xFE, 0xC3, 0x28]) != nil)
    #expect(Self.problem(Array(#"{"item": ""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)) != nil)
    #expect(Self.problem(#"{"item": "\#(String(repeating: "x", count: 2000))"}"#) != nil)
    #expect(Self.problem(#"{"vault": "/subscriptions/\#(String(repeating: "x", count: 2000))"}"#) != nil)
    #expect(Self.problem("[" + String(repeating: "1,", count: 400_000) + "1]") != nil)
    let event = #"{"eventType":"a","subject":"/subscriptions/1"}"#
    let many = "[" + Array(repeating: event, count: 5001).joined(separator: ",") + "]"
    #expect(Self.problem(many) == "it has more than 5000 events")
    let ids = Array(repeating: "\"/subscriptions/1\"", count: 50_000).joined(separator: ",")
    let alert = #"{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertTargetIDs": [\#(ids)]}}}"#
    guard case .hints(let hints)? = Self.push(alert) else {
      Issue.record("not understood")
      return
    }
    #expect(hints.count == 5000)
  }
}

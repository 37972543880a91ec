import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Synchronization
import Testing

/// Markers stand where secrets are, Azure repeats them wherever it can, and everything that was written is searched.
@Suite("A secret", .timeLimit(.minutes(10)))
struct SecrecyTests {
  /// What is secret, by what it is. The first two are the simulator's own words for them.
  static let markers = [
    "client secret": "simulator-secret",
    "signature of an operation's address": "MIIHkDCCBnigAwIBAgITHgTX",
    "bearer token": "issued-",
    "protected settings": "marker-protected-settings",
    "nested protected settings": "marker-nested-secret",
    "SAS": "markerSAS",
    "key of a webhook": "marker-webhook-key",
  ]

  @Test("is in no log, no journal, no error and no answer of a command, before and after a crash")
  func isNowhere() async throws {
    let yaml = try String(
      contentsOf: ScenarioTests.folder.appending(path: "protected-settings.yaml"), encoding: .utf8)
    let story = yaml.components(separatedBy: "timeline:")[0]
    try await Region.with(yaml: story, speed: 30) { real in
      let (tokens, installs) = (Counter(), Counter())
      let meddling: FaultyPeer.Meddling = { request, _ in Self.refuse(request, tokens, installs) }
      try await FaultyPeer.with(before: real, rewrite: Self.gossip, meddle: meddling) { peer, region in
        try await Self.live(peer, region)
      }
    }
  }

  private static func live(_ peer: FaultyPeer, _ region: Region) async throws {
    let secrets = region.folder.appending(path: "diagnostics.json")
    try #"{"key": "marker-protected-settings", "more": {"list": ["marker-nested-secret"]}}"#
      .write(to: secrets, atomically: true, encoding: .utf8)
    // A receiver that repeats what it was sent, and says no at first.
    let answers = Counter()
    let receiver = try LoopbackServer { request in
      let echo = Array((request.head + String(decoding: request.body, as: UTF8.self)).utf8)
      return [.answer(answers.next() == 1 ? "500 Oh" : "200 OK", "X-Echo: marker-webhook-key", body: echo)]
    }
    defer { receiver.close() }
    let hook = "\(receiver.url("/marker-webhook-key"))?sig=marker-webhook-key"
    peer.turn(on: true)
    let edit: (String) -> String = { yaml in
      yaml.replacing(
        "{kind: token, token: simulator-token}",
        with: "{kind: clientSecret, tenantId: t, clientId: c, clientSecret: simulator-secret, "
          + "authorityHost: \"\(region.endpoint)\"}"
      )
      .components(separatedBy: "profiles:")[0] + """
        profiles:
          - name: diagnostics
            match: {tags: {diagnostics: storage}}
            extensions:
              - {publisher: Microsoft.Azure.Diagnostics, type: IaaSDiagnostics, protectedSettingsFile: "\(secrets.path)"}
        sinks:
          - {kind: webhook, level: debug, url: "\(hook)", headers: {Authorization: "Bearer marker-webhook-key"}}

        """
    }
    let first = try ProcessTests.start(region, log: "first.log") { edit($0) + "logging: {level: debug}\n" }
    defer { if first.isRunning { kill(first.processIdentifier, SIGKILL) } }
    func counts() async -> [String: Int] {
      (try? await StatusReport(configuration: region.configuration(edit)).counts) ?? [:]
    }
    func wait(until isSo: () async throws -> Bool) async throws {
      while try await !isSo() { try await Task.sleep(for: .milliseconds(20)) }
    }
    try await wait { await counts()["watched"] == 2 }
    try await region.post("failover", #"{"all": true}"#)
    func log(_ name: String) throws -> String {
      try String(contentsOf: region.folder.appending(path: name), encoding: .utf8)
    }
    // Azure works on an install: its address is in the journal now.
    try await wait {
      try log("first.log").split(separator: "\n").contains {
        $0.contains("event=step.accepted") && $0.contains("step=\"install")
      }
    }
    let limits = try String(contentsOfFile: "/proc/\(first.processIdentifier)/limits", encoding: .utf8)
    #expect(limits.split(separator: "\n").contains { $0.hasPrefix("Max core file size") && $0.contains(" 0 ") })
    kill(first.processIdentifier, SIGKILL)
    await first.exited()
    try Self.search(region, [:])
    let second = try ProcessTests.start(region, log: "second.log") {
      edit($0) + "logging: {format: json, level: debug}\n"
    }
    defer { if second.isRunning { kill(second.processIdentifier, SIGKILL) } }
    try await wait { await counts()["healed"] == 1 }
    var outputs: [String: String] = [:]
    for words in [["status"], ["status", "--json"], ["history"], ["history", "--json"], ["plan", "--json"]] {
      let output = try await Command.run(region, words)
      #expect(output.status == 0 || words[0] == "plan", "\(words): \(output.output)")
      outputs[words.joined(separator: " ")] = output.output
    }
    // All of it has been there to be told.
    #expect(peer.hits > 2)
    #expect(try log("first.log").contains("[hidden]"))
    #expect(try log("first.log").contains("a sink does not take events"))
    #expect(receiver.requests.count > 1)
    #expect(receiver.requests.allSatisfy { $0.values("authorization") == ["Bearer marker-webhook-key"] })
    second.terminate()
    await second.exited()
    try Self.search(region, outputs)
  }

  /// Azure repeats what it was sent: once for each kind of request.
  private static func refuse(_ request: ReceivedRequest, _ tokens: Counter, _ installs: Counter) -> [ServerAction]? {
    let isToken = request.target.hasSuffix("/oauth2/v2.0/token")
    let isInstall = request.requestLine.hasPrefix("PUT") && request.target.contains("/extensions/")
    guard isToken || isInstall else { return nil }
    guard (isToken ? tokens : installs).next() <= 2 else { return nil }
    let said =
      "you sent \(request.values("authorization").first ?? "") and \(String(decoding: request.body, as: UTF8.self))"
    let error = ["error": ["code": "Conflict", "message": "\(String(repeating: "x", count: 850)) \(said)"]]
    let oauth = ["error": "temporarily_unavailable", "error_description": said]
    let body = (try? isToken ? JSONEncoder().encode(oauth) : JSONEncoder().encode(error)) ?? Data()
    return [.answer(isToken ? "503 Unavailable" : "409 Conflict", "Content-Type: application/json", body: Array(body))]
  }

  /// Handlers say what they like.
  private static func gossip(_ request: ReceivedRequest, _ body: String) -> String {
    body.replacing(
      #""displayStatus":"Not Ready""#,
      with:
        ##""displayStatus":"Not Ready","message":"cannot read https://a.blob.core.windows.net/c?sv=1&sig=markerSAS with marker-nested-secret""##
    )
  }

  /// Looks through all files that the daemon has made, and through what commands have said.
  private static func search(_ region: Region, _ outputs: [String: String]) throws {
    let state = region.folder.appending(path: "state")
    let names = try FileManager.default.contentsOfDirectory(atPath: state.path)
    #expect(names.contains("journal.sqlite"))
    var texts = outputs.mapValues { Data($0.utf8) }
    for name in names { texts["state/\(name)"] = try Data(contentsOf: state.appending(path: name)) }
    for name in ["first.log", "second.log"] {
      texts[name] = try? Data(contentsOf: region.folder.appending(path: name))
    }
    for (place, data) in texts {
      for (what, marker) in markers {
        #expect(data.firstRange(of: Data(marker.utf8)) == nil, "the \(what) is in \(place)")
      }
    }
  }
}

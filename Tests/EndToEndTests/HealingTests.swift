import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Testing
import WatchEngine

@Suite("A watch", .timeLimit(.minutes(10)))
struct HealingTests {
  @Test("heals Windows and Linux after a failover, exactly one install an extension, and tells the whole story")
  func heals() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        knowing: 6, during: { try await region.post("failover", #"{"all": true}"#) }, until: Self.healed(6))
      for machine in try await region.truth().machines where machine.role == "live" {
        #expect(
          machine.extensions.allSatisfy { $0.installsStarted == 1 && $0.installsSucceeded == 1 }, "\(machine.name)")
        #expect(machine.sendingSince != nil)
      }
      let kinds = events.filter { $0.itemName == "erp-web-01" }.map(\.kind)
      let story: [EventKind] = [
        .failoverNoticed, .failoverCompleted, .legBroken, .healStarted, .stepStarted, .stepSucceeded, .healHealed,
      ]
      #expect(kinds.filter(story.contains).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } == story)
    }
  }

  @Test("works through a removal that fails: it is tolerated, as in the runbook")
  func removalTolerated() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        during: {
          try await region.post(
            "faults",
            #"{"match": "/extensions/", "method": "DELETE", "times": 5, "status": 403, "body": "{\"error\": {\"code\": \"AuthorizationFailed\", \"message\": \"no extensions/delete\"}}"}"#
          )
          try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
        }, until: Self.healed(1))
      #expect(events.contains { $0.kind == .stepTolerated && $0.fields["code"] == "AuthorizationFailed" })
    }
  }

  @Test("parks a machine whose association is refused, with code and remedy, and heals the others")
  func associationFatal() async throws {
    try await Region.with { region in
      let yaml: (String) -> String = {
        $0.replacing("/dataCollectionRules/dcr-windows", with: "/dataCollectionRules/dcr-gone")
      }
      let events = try await region.watch(
        yaml, during: { try await region.post("failover", #"{"items": ["erp-web-01", "erp-app-01"]}"#) },
        until: Self.ended(2))
      let parked = try #require(events.first { $0.kind == .healParked })
      #expect(parked.itemName == "erp-web-01")
      #expect(parked.fields["cause"]?.contains("dcr-gone") == true)
      #expect(parked.fields["remedy"] != nil)
      #expect(events.contains { $0.kind == .healHealed && $0.itemName == "erp-app-01" })
    }
  }

  @Test("decides item by item when a recovery plan's job ends PartiallySucceeded")
  func partiallySucceeded() async throws {
    let yaml = try String(contentsOf: Region.root.appending(path: "config/scenarios/plain.yaml"), encoding: .utf8)
      .replacing("  - name: \"erp-app-##\"", with: "  - name: \"erp-app-##\"\n    options: {failoverFails: true}")
    try await Region.with(yaml: yaml) { region in
      let events = try await region.watch(
        during: {
          let all = region.names.map { "\"\($0)\"" }.joined(separator: ", ")
          try await region.post("failover", #"{"items": [\#(all)], "plan": "plan-erp"}"#)
        },
        until: Self.and(Self.healed(3)) { $0.kind == .jobSeen && $0.fields["state"] == "PartiallySucceeded" })
      #expect(
        events.contains { $0.kind == .jobSeen && $0.fields["state"] == "PartiallySucceeded" && $0.level == .warning })
      let truth = try await region.truth()
      for machine in truth.machines where machine.name.hasPrefix("erp-app") {
        #expect(machine.writes == 0, "the protected ones are not touched")
      }
    }
  }

  @Test("calls a machine healed only when its rows arrive, and says how long logs were missing")
  func dataFlows() async throws {
    try await Region.with { region in
      let yaml: @Sendable (String) -> String = {
        $0.replacing(
          "    match: {os: windows}",
          with: "    match: {os: windows}\n    data: {workspace: 6f0c0000-0000-4000-8000-000000000001}"
        ).replacing("machine: 10s", with: "machine: 10s, data: 300ms")
      }
      let events = try await region.watch(
        yaml, during: { try await region.post("failover", #"{"items": ["erp-web-01"]}"#) }, until: Self.ended(1))
      let healed = try #require(events.first { $0.kind == .healHealed })
      #expect(healed.fields["logGap"] != nil)
      #expect(healed.fields["legs"]?.contains("data Heartbeat") == true)
    }
  }

  @Test("ends unverified when the workspace cannot be asked, and says what is missing")
  func dataUnreadable() async throws {
    try await Region.with { region in
      let yaml: @Sendable (String) -> String = {
        $0.replacing(
          "    match: {os: windows}",
          with: "    match: {os: windows}\n    data: {workspace: 6f0c0000-0000-4000-8000-000000000001}"
        ).replacing("machine: 10s", with: "machine: 10s, data: 100ms")
          .replacing("verify: 15s", with: "verify: 15s, data: 1s")
      }
      let events = try await region.watch(
        yaml,
        during: {
          try await region.post(
            "faults",
            #"{"match": "/query", "times": 1000, "status": 403, "body": "{\"error\": {\"code\": \"InsufficientAccessError\", \"message\": \"no query/read\"}}"}"#
          )
          try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
        }, until: { $0.kind == .healUnverified })
      #expect(!events.contains { $0.kind == .healHealed })
      let told = events.filter { $0.kind == .dataUnreadable }
      #expect(told.count == 1)
      #expect(told.first?.fields["code"] == "InsufficientAccessError")
    }
  }

  @Test("heals a test machine when it is told to, and takes its association back after the clean-up")
  func testFailoverHealed() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        { $0 + "testFailover: {policy: heal}\n" },
        during: {
          try await region.post("testFailover", #"{"items": ["erp-web-02"]}"#)
          while try await region.truth().machines.first(where: { $0.role == "test" })?.sendingSince == nil {}
          try await region.post("testFailoverCleanup", #"{"items": ["erp-web-02"]}"#)
        }, until: { $0.kind == .stepSucceeded && $0.fields["step"] == "dissociate dcr-windows" })
      #expect(events.contains { $0.kind == .healStarted && $0.itemName == "erp-web-02 (test failover)" })
      let live = try await region.truth().machines.first { $0.item == "erp-web-02" && $0.role == "live" }
      #expect(live?.writes == 0)
    }
  }

  @Test("leaves test machines alone")
  func testFailover() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        during: {
          try await region.post("testFailover", #"{"items": ["erp-web-02"]}"#)
          try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
        }, until: Self.and(Self.healed(1)) { $0.kind == .testFailoverSeen })
      #expect(events.count { $0.kind == .testFailoverSeen } == 1)
      let test = try await region.truth().machines.first { $0.role == "test" }
      #expect(test?.writes == 0)
    }
  }

  @Test("heals again after commit, re-protect and failback, under the item's old key")
  func failback() async throws {
    let yaml = try String(contentsOf: Region.root.appending(path: "config/scenarios/plain.yaml"), encoding: .utf8)
    try await Region.with(yaml: yaml + "timings: {seeding: 120}\n") { region in
      let keys = try await region.watch(
        during: {
          try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
          while try await !region.truth().machines.contains(where: {
            $0.item == "erp-web-01" && $0.writes > 0 && $0.sendingSince != nil
          }) {}
          try await region.post("commit", #"{"items": ["erp-web-01"]}"#)
          try await region.post("reprotect", #"{"items": ["erp-web-01"]}"#)
          while try await region.truth().items.first(where: { $0.name == "erp-web-01" })?.protectionState != "Protected"
          {}
          try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
        }, until: Self.healed(2)
      ).filter { $0.kind == .healHealed }.compactMap(\.item)
      #expect(Set(keys).count == 1)
    }
  }

  @Test("goes on with the others when a vault does not exist, says so once, and says when it is back")
  func vaultMissing() async throws {
    try await Region.with { region in
      let yaml: (String) -> String = { text in
        text.replacing(
          "vaults: [",
          with: "vaults: [\"/subscriptions/1/resourceGroups/none/providers/Microsoft.RecoveryServices/vaults/gone\", ")
      }
      let events = try await region.watch(
        yaml, during: { try await region.post("failover", #"{"items": ["erp-web-01"]}"#) }, until: Self.healed(1))
      let failed = events.filter { $0.kind == .sweepFailed }
      #expect(failed.count == 1)
      #expect(failed.first?.fields["status"] == "404")
      #expect(failed.first?.fields["remedy"]?.isEmpty == false)
    }
  }

  @Test(
    "survives what answers in ARM's place",
    arguments: [
      ("text/html", "<html><body>502 Bad Gateway</body></html>", 502), ("text/html", "<html>please log in</html>", 200),
      ("application/json", "{\"value\": [", 200), ("application/json", "", 500),
      ("application/json", "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no read\"}}", 403),
      ("application/json", "{\"error\":{\"code\":\"SubscriptionRequestsThrottled\"}}", 429),
    ])
  func garbage(type: String, body: String, status: Int) async throws {
    try await Region.with { region in
      let fault = try JSONEncoder().encode(
        Answer(match: "replicationProtectedItems?", times: 6, status: status, body: body, contentType: type))
      let events = try await region.watch(
        during: {
          try await region.post("faults", String(decoding: fault, as: UTF8.self))
          try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
        }, until: Self.healed(1))
      let told = events.filter { $0.kind == .sweepFailed }
      #expect(told.count <= 2, "what fails in the same way is said once")
      if !told.isEmpty { #expect(events.contains { $0.kind == .sweepRecovered }) }
    }
  }

  @Test("asks Azure when the answer to an install is lost, and installs once")
  func lostAnswer() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        during: {
          try await region.post(
            "faults", #"{"match": "/extensions/", "method": "PUT", "times": 1, "status": 503, "body": ""}"#)
          try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
        }, until: Self.healed(1))
      #expect(events.contains { $0.kind == .stepRetrying && $0.fields["outcome"] != nil })
      let machine = try await region.truth().machines.first { $0.item == "erp-web-01" && $0.role == "live" }
      #expect(machine?.extensions.first?.installsStarted == 1)
    }
  }

  @Test("whose token ARM does not take says so once, with the remedy, and goes on asking")
  func noToken() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        { $0.replacing("token: simulator-token", with: "token: stale") }, until: { $0.kind == .sweepFailed })
      let failed = try #require(events.first { $0.kind == .sweepFailed })
      #expect(failed.fields["fault"] == Fault.Kind.unauthenticated.rawValue)
      #expect(failed.fields["remedy"]?.contains("identity") == true)
    }
  }

  @Test(
    "signs in by managed identity and by client secret, at the addresses of a simulated cloud",
    arguments: [
      "{kind: managedIdentity, imdsEndpoint: \"ENDPOINT\"}",
      "{kind: clientSecret, tenantId: t, clientId: c, clientSecret: simulator-secret, authorityHost: \"ENDPOINT\"}",
    ])
  func signsIn(identity: String) async throws {
    try await Region.with { region in
      let yaml: @Sendable (String) -> String = {
        $0.replacing(
          "{kind: token, token: simulator-token}", with: identity.replacing("ENDPOINT", with: region.endpoint))
      }
      let events = try await region.watch(
        yaml, during: { try await region.post("failover", #"{"items": ["erp-web-01"]}"#) }, until: Self.healed(1))
      #expect(!events.contains { $0.kind == .sweepFailed })
    }
  }

  @Test("abandons the heal of a machine that vanishes, and heals the others")
  func vanishes() async throws {
    try await Region.with { region in
      let events = try await region.watch(
        during: {
          try await region.post("failover", #"{"items": ["erp-web-01", "erp-app-01"]}"#)
          while try await !region.truth().machines.contains(where: { $0.item == "erp-web-01" && $0.writes > 0 }) {}
          let id = try await region.truth().machines.first { $0.item == "erp-web-01" && $0.role == "live" }?.id ?? ""
          try await region.post("machine", #"{"id": "\#(id)", "exists": false}"#)
        }, until: Self.and(Self.healed(1)) { $0.kind == .healAbandoned || $0.kind == .healParked })
      #expect(events.contains { $0.kind == .healHealed && $0.itemName == "erp-app-01" })
    }
  }

  @Test("heals one machine on command and ends with its verdict")
  func command() async throws {
    try await Region.with { region in
      try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
      while try await region.truth().items.first(where: { $0.name == "erp-web-01" })?.activeLocation != "Recovery" {}
      let machine = try #require(
        try await region.truth().machines.first { $0.item == "erp-web-01" && $0.role == "live" })
      let former = try #require(
        try await region.truth().machines.first { $0.item == "erp-web-01" && $0.role == "former" })
      let daemon = Daemon(configuration: try region.configuration())
      guard case .notLive = try await daemon.heal(Samples.id(former.id), within: .seconds(60), telling: { _ in })
      else {
        Issue.record("the old machine must never be touched")
        return
      }
      guard case .healed = try await daemon.heal(Samples.id(machine.id), within: .seconds(60), telling: { _ in })
      else {
        Issue.record("not healed")
        return
      }
      guard case .alreadyWell = try await daemon.heal(Samples.id(machine.id), within: .seconds(60), telling: { _ in })
      else {
        Issue.record("a second time finds it well")
        return
      }
    }
  }

  struct Answer: Encodable {
    var match: String
    var times: Int
    var status: Int
    var body: String
    var contentType: String
  }

  // MARK: - When a test has seen enough

  static func healed(_ count: Int) -> @Sendable (Event) -> Bool { counting(count) { $0.kind == .healHealed } }

  static func ended(_ count: Int) -> @Sendable (Event) -> Bool {
    counting(count) { $0.kind == .healHealed || $0.kind == .healParked }
  }

  static func counting(_ count: Int, _ matches: @escaping @Sendable (Event) -> Bool) -> @Sendable (Event) -> Bool {
    let seen = Counter()
    return { event in matches(event) ? seen.next() >= count : false }
  }

  /// Both have been seen, in whichever order.
  static func and(
    _ first: @escaping @Sendable (Event) -> Bool, _ second: @escaping @Sendable (Event) -> Bool
  ) -> @Sendable (Event) -> Bool {
    let isFirst = Counter()
    let isSecond = Counter()
    return { event in
      if first(event) { _ = isFirst.next() }
      if second(event) { _ = isSecond.next() }
      return isFirst.value > 0 && isSecond.value > 0
    }
  }
}

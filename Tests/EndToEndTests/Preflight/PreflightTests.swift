import AftercareApp
import AftercareTesting
import AzureSimulator
import Foundation
import RecoveryCore
import SQLiteJournal
import Testing

/// `check` against a cloud in which everything is as it must be, but for what a test plants.
@Suite("The preflight", .timeLimit(.minutes(10)))
struct PreflightTests {
  static let scenario: String =
    (try? String(contentsOf: Region.root.appending(path: "config/scenarios/least-rights.yaml"), encoding: .utf8)) ?? ""

  /// What a watch of the scenario is configured with.
  static func yaml(_ region: Region) -> String {
    """
    cloud: simulator
    endpoint: \(region.endpoint)
    identity: {kind: token, token: simulator-token}
    state: ./state
    vaults: [\(region.scenario.vaultIDs.joined(separator: ", "))]

    """ + (region.scenario.expect?.watch ?? "")
  }

  static func check(_ region: Region, _ yaml: String? = nil) async throws -> PreflightReport {
    try (yaml ?? Self.yaml(region)).write(to: region.configurationFile, atomically: true, encoding: .utf8)
    let configuration = try ConfigurationFile.load(path: region.configurationFile.path, environment: [:])
    return try await Preflight(configuration: configuration, file: region.configurationFile.path).run()
  }

  @Test("says nothing but passes when all is well, with no more rights than a heal needs")
  func good() async throws {
    let rule = "dcr-0123456789abcdef0123456789abcdef"
    try await Region.with(yaml: "streams: {\(rule): Custom-Aftercare}\n" + Self.scenario, speed: 1) { region in
      let report = try await Self.check(
        region,
        Self.yaml(region) + """
          sinks:
            - {kind: file, path: ./events.log}
            - {kind: webhook, url: "\(region.endpoint)/anybody"}
            - {kind: logsIngestion, endpoint: "\(region.endpoint)", rule: \(rule), stream: Custom-Aftercare}

          """)
      #expect(report.checks.allSatisfy { $0.outcome == .pass && $0.remedy == nil }, "\(report.checks)")
      #expect(report.outcome == .pass)
      #expect(report.checks.filter { $0.check == .sink }.map(\.subject) == ["file", "webhook", "logsIngestion"])
      #expect(!FileManager.default.fileExists(atPath: region.folder.appending(path: "events.log").path))
      let kinds = Set(report.checks.map(\.check))
      #expect(Set(CheckResult.Kind.allCases).subtracting(kinds) == [.protectedSettingsFile, .workspace])
      let readiness = try #require(report.readiness)
      #expect(readiness.items == 2 && readiness.ready == 2 && readiness.machines.isEmpty)
      #expect(readiness.parts == 9 && readiness.returning == 9, "\(readiness)")
    }
  }

  @Test("finds a planted fault, with what it is about and the remedy", arguments: PlantedFault.all)
  func planted(fault: PlantedFault) async throws {
    try await Region.with(yaml: fault.scenario(Self.scenario), speed: 1) { region in
      try await fault.host(region)
      for body in fault.answers { #expect(try await region.post("faults", body) == 200) }
      let report = try await Self.check(region, fault.configuration(Self.yaml(region)))
      let wrong = report.checks.filter { $0.outcome != .pass }
      let named = wrong.first {
        $0.check == fault.check && $0.outcome == fault.outcome && $0.subject.contains(fault.subject)
          && $0.found.contains(fault.found) && $0.remedy?.contains(fault.remedy) == true
      }
      #expect(named != nil, "\(wrong)")
      #expect(wrong.allSatisfy { $0.check == fault.check || fault.also.contains($0.check) }, "\(wrong)")
      #expect(report.outcome == (wrong.map(\.outcome).max() ?? .pass))
      // What this host alone can tell is told whatever Azure says.
      #expect(report.checks.contains { $0.check == .stateDirectory } && report.checks.contains { $0.check == .disk })
    }
  }

  @Test("there are more than 25 of them")
  func count() {
    #expect(PlantedFault.all.count + Self.lines.count >= 25 && Self.lines.count >= 5)
    #expect(Set(PlantedFault.all.map(\.name)).count == PlantedFault.all.count)
  }

  /// Faults of the file, by the line and what is said of it.
  static let lines: [(text: String, with: String, line: Int, words: String)] = [
    ("cloud: simulator", "clowd: simulator", 1, "unknown key 'clowd'; did you mean 'cloud'?"),
    ("vaults: [", "vaults: [/subscriptions/1/vaults/x, ", 5, "expected an id"),
    ("match: {os: windows}", "match: {os: solaris}", 11, "expected one of windows, linux"),
    ("token: simulator-token", "token: \"${AFTERCARE_NO_SUCH}\"", 3, "AFTERCARE_NO_SUCH is not set, and not in /"),
    ("use: AzureMonitorAgent", "use: AzureMonitoringAgent", 9, "expected AzureMonitorAgent or DependencyAgent"),
    (
      "        protectedSettingsFromKeyVault:\n", "        protectedSettingsFile: none.json\n        settings:\n", 19,
      "none.json cannot be read"
    ),
  ]

  @Test("names the line of what is wrong in the file, and asks nobody anything", arguments: lines.indices)
  func line(index: Int) async throws {
    let (text, with, line, words) = Self.lines[index]
    try await Region.with("least-rights", speed: 1) { region in
      let yaml = Self.yaml(region)
      #expect(yaml.contains(text))
      let error = await #expect(throws: ConfigurationError.self) {
        try await Self.check(region, yaml.replacing(text, with: with))
      }
      let report = PreflightReport(try #require(error))
      let named = report.checks.first { $0.found.contains(words) }
      #expect(named?.subject.hasPrefix("\(region.configurationFile.path):\(line):") == true, "\(report.checks)")
      #expect(report.outcome == .fail && report.readiness == nil)
      #expect(try await region.truth().requests.isEmpty)
    }
  }

  @Test("says of each item what would be lost tonight, and why")
  func readiness() async throws {
    let versions = "versions: [{location: ukwest, type: AzureMonitorLinuxAgent, versions: []}]\n"
    try await Region.with(yaml: versions + Self.scenario, speed: 1) { region in
      let yaml = Self.yaml(region).replacing("dce-ukwest", with: "dce-none")
      let readiness = try #require(try await Self.check(region, yaml).readiness)
      #expect(readiness.items == 2 && readiness.ready == 0)
      let app = try #require(readiness.machines.first { $0.item == "erp-app-01" })
      #expect(app.region == "ukwest" && app.parts == 4 && app.returning == 3 && app.score == 0.75, "\(app)")
      #expect(app.lost.map(\.part) == ["extension Microsoft.Azure.Monitor.AzureMonitorLinuxAgent"])
      #expect(app.lost.first?.reason.contains("no version of it") == true)
      let web = try #require(readiness.machines.first { $0.item == "erp-web-01" })
      #expect(web.lost.map(\.part) == ["association configurationAccessEndpoint"], "\(web)")
      #expect(readiness.returning == readiness.parts - 2)
      let unsupplied = Self.yaml(region).replacing("type: IaaSDiagnostics", with: "type: IaaSAntimalware")
      let lost = try #require(try await Self.check(region, unsupplied).readiness).machines.flatMap(\.lost)
      #expect(
        lost.contains { $0.part.hasSuffix("IaaSDiagnostics") && $0.reason == "protectedSettingsUnknown" }, "\(lost)")
    }
  }

  @Test("goes by the machine that runs now when an item is failed over")
  func failedOver() async throws {
    try await Region.with("least-rights", speed: 120) { region in
      try await region.post("failover", #"{"items": ["erp-web-01"]}"#)
      func isThere() async throws -> Bool {
        try await region.truth().machines.contains {
          $0.item == "erp-web-01" && $0.exists && $0.agent == "Ready"
            && $0.id.contains("rg-erp-ukw")
        }
      }
      while try await !isThere() { try await Task.sleep(for: .milliseconds(50)) }
      while try await region.truth().items.first(where: { $0.name == "erp-web-01" })?.activeLocation != "Recovery" {
        try await Task.sleep(for: .milliseconds(50))
      }
      // The endpoint of the region where it runs is the one that must be there.
      let yaml = Self.yaml(region).replacing("dataCollectionEndpoints/dce-ukwest", with: "dataCollectionEndpoints/none")
      let readiness = try #require(try await Self.check(region, yaml).readiness)
      let web = try #require(readiness.machines.first { $0.item == "erp-web-01" })
      #expect(web.region == "ukwest" && web.parts == 5 && web.returning == 4, "\(web)")
    }
  }

  @Test("changes nothing: neither in Azure nor in a state directory, whether there is one or not")
  func readOnly() async throws {
    try await Region.with("least-rights", speed: 1) { region in
      _ = try await Self.check(region)
      let state = region.folder.appending(path: "state")
      #expect(!FileManager.default.fileExists(atPath: state.path))
      _ = try JournalDatabase(directory: state.path, access: .readWrite)
      func content() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: state.path)
        return Dictionary(
          uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: state.appending(path: $0))) })
      }
      let before = try content()
      let report = try await Self.check(region)
      #expect(report.checks.contains { $0.check == .journal && $0.found.hasPrefix("opens") }, "\(report.checks)")
      let after = try content()
      #expect(after.keys.sorted() == before.keys.sorted())
      // What SQLite shares between processes is no part of the journal.
      for (name, content) in before where !name.hasSuffix("-shm") { #expect(after[name] == content, "\(name)") }
      #expect(try await region.truth().machines.allSatisfy { $0.writes == 0 })
    }
  }

  @Test("costs requests by scope, region and resource, and no machine is asked that a daemon knows")
  func cost() async throws {
    let many = Self.scenario.replacing(#"  - name: "erp-app-01""#, with: "  - name: \"erp-app-##\"\n    count: 40")
    try await Region.with(yaml: many, speed: 1) { region in
      let first = try await Self.check(region)
      #expect(first.readiness?.items == 41 && first.outcome == .pass, "\(first.checks)")
      let asked = try await region.truth().requests
      #expect(asked["permissions"] == 5 && asked["versions"] == 4 && asked["items"] == 1, "\(asked)")
      #expect(asked["machine"] == 41, "nothing is known of them yet")
      let learned = Counter()
      _ = try await region.watch(
        { _ in "watch: {items: 300ms, machine: 1s, baseline: 1h}\n" + Self.yaml(region) },
        until: { event in event.kind == .baselineLearned && learned.next() == 41 })
      let before = try await region.truth().requests["machine"]
      let second = try await Self.check(region, "watch: {baseline: 1h}\n" + Self.yaml(region))
      #expect(second.readiness?.returning == first.readiness?.returning && second.outcome == .pass, "\(second.checks)")
      #expect(try await region.truth().requests["machine"] == before)
    }
  }
}

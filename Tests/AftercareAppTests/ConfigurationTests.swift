import Foundation
import RecoveryCore
import Testing

@testable import AftercareApp

@Suite("The configuration")
struct ConfigurationTests {
  static let vault = "/subscriptions/1/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v"
  static let minimal = "vaults: [\"\(vault)\"]\n"

  static func problems(_ yaml: String, _ environment: [String: String] = [:]) -> [String] {
    do {
      _ = try ConfigurationFile.parse(yaml, file: "a.yaml", environment: environment)
      return []
    } catch let error as ConfigurationError {
      return error.problems.map(\.description)
    } catch {
      return ["\(error)"]
    }
  }

  @Test("that is shipped as an example parses")
  func example() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let read = try ConfigurationFile.load(path: root.appending(path: "config/aftercare.yaml").path, environment: [:])
    #expect(read.mode == .observe)
    #expect(read.profiles.map(\.name) == ["standard", "dependency-map"])
  }

  @Test(
    "says what is wrong, where, and what was meant",
    arguments: [
      ("watch: {itmes: 60s}\n", "a.yaml:2:9: watch: unknown key 'itmes'; did you mean 'items'?"),
      (
        "watch: {items: 60}\n",
        "a.yaml:2:16: watch.items: expected a positive duration such as 250ms, 60s, 1m30s or 6h, got '60'; add a unit: ms, s, m, h or d"
      ),
      (
        "watch: {items: sixty}\n",
        "a.yaml:2:16: watch.items: expected a positive duration such as 250ms, 60s, 1m30s or 6h, got 'sixty'"
      ),
      ("mode: heel\n", "a.yaml:2:7: mode: expected one of observe, approve, heal, got 'heel'"),
      ("cloud: simulator\n", "a.yaml:2:8: endpoint: cloud: simulator needs an endpoint, such as http://127.0.0.1:8410"),
      (
        "cloud: simulator\nendpoint: http://10.0.0.1:1\n",
        "a.yaml:3:11: endpoint: a simulator must be on loopback (127.0.0.1, localhost or [::1]), got '10.0.0.1'"
      ),
      (
        "endpoint: https://management.azure.com\n",
        "a.yaml:2:11: endpoint: belongs to cloud: simulator only; the clouds of Azure have their own"
      ),
      (
        "identity: {kind: clientSecret, clientSecret: \"${SECRET}\"}\n",
        "a.yaml:2:46: identity.clientSecret: the environment variable SECRET is not set, and not in a.env"
      ),
      ("heal: {attempts: 0}\n", "a.yaml:2:18: heal.attempts: expected a whole number from 1 to 100, got '0'"),
      (
        "profiles: [{name: p, match: {os: solaris}}]\n",
        "a.yaml:2:34: profiles[0].match.os: expected one of windows, linux, got 'solaris'"
      ),
      (
        "profiles: [{name: p, extensions: [{use: Puppet}]}]\n",
        "a.yaml:2:41: profiles[0].extensions[0].use: expected AzureMonitorAgent or DependencyAgent, got 'Puppet'; name publisher and type instead"
      ),
      (
        "listener: {hints: {}}\n", "a.yaml:2:19: listener.hints: hints need a token: listener.hints.token, from ${NAME}"
      ),
      (
        "listener: {hints: {token: short}}\n",
        "a.yaml:2:27: listener.hints.token: at least 16 characters: `openssl rand -hex 16` makes some"
      ),
      (
        "listener: {token: 0123456789abcdef, hints: {token: 0123456789abcdef}}\n",
        "a.yaml:2:52: listener.hints.token: must be another one than listener.token, which opens the page"
      ),
      ("sinks: [{path: a}]\n", "a.yaml:2:9: sinks[0]: a sink needs a kind: file, webhook, logsIngestion"),
      ("sinks: [{kind: file}]\n", "a.yaml:2:9: sinks[0]: needs 'path'"),
      (
        "sinks: [{kind: file, pth: a}]\n",
        "a.yaml:2:22: sinks[0]: unknown key 'pth'; did you mean 'path'?"
      ),
      (
        "sinks: [{kind: webhook, url: \"https://a\", path: b}]\n",
        "a.yaml:2:43: sinks[0]: unknown key 'path'; known are kind, name, events, level, format, url, headers"
      ),
      (
        "sinks: [{kind: file, path: a, rotateAt: 100}]\n",
        "a.yaml:2:41: sinks[0].rotateAt: expected a size such as 500KB, 100MB or 2GB, got '100'"
      ),
      (
        "sinks: [{kind: file, path: a, level: info, events: alerts}]\n",
        "a.yaml:2:52: sinks[0].events: a sink has either 'events' or 'level'"
      ),
      (
        "sinks: [{kind: file, path: a}, {kind: file, path: b}]\n",
        "a.yaml:2:32: sinks[1]: another sink is named 'file' already: give this one a name"
      ),
      (
        "sinks: [{kind: webhook, url: \"http://example.com/secret\"}]\n",
        "a.yaml:2:30: sinks[0].url: expected an https URL without a user, a password and a fragment; plain http only to loopback"
      ),
      (
        "sinks: [{kind: webhook, url: \"${HOOK}\"}]\n",
        "a.yaml:2:30: sinks[0].url: the environment variable HOOK is not set, and not in a.env"
      ),
      (
        "sinks: [{kind: logsIngestion, endpoint: \"https://evil.example\", rule: dcr-00000000000000000000000000000001, stream: Custom-A}]\n",
        "a.yaml:2:41: sinks[0].endpoint: expected the logs ingestion endpoint of a data collection rule or endpoint, such as https://NAME.REGION-1.ingest.monitor.azure.com, got 'https://evil.example'"
      ),
      (
        "profiles: [{name: p, associations: [{name: a}]}]\n",
        "a.yaml:2:37: profiles[0].associations[0]: an association names exactly one of 'rule' and 'endpoint'"
      ),
    ])
  func problem(yaml: String, expected: String) {
    #expect(Self.problems(Self.minimal + yaml).contains(expected), "\(Self.problems(Self.minimal + yaml))")
  }

  @Test("says everything that is wrong at once, in the order of the lines")
  func all() {
    let problems = Self.problems("vaults: [x]\nmode: heel\nwatch: {items: 1}\ncolour: red\n")
    #expect(problems.count == 4)
    #expect(problems == problems.sorted())
  }

  @Test("has a JSON Schema with exactly the keys that are read")
  func schema() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "config/aftercare.schema.json"))
    let schema = try JSONDecoder().decode(JSONValue.self, from: data)
    func child(_ value: JSONValue?, _ name: String) -> JSONValue? {
      guard case .object(let members)? = value else { return nil }
      return members[name]
    }
    for (path, keys) in ConfigurationReader.keys {
      var node: JSONValue? = schema
      for name in path.split(separator: ".") {
        node = child(child(node, "properties"), String(name))
        node = child(node, "items") ?? node
      }
      guard case .object(let properties)? = child(node, "properties") else {
        Issue.record("the schema lacks \(path)")
        continue
      }
      #expect(Set(properties.keys) == Set(keys), "\(path)")
    }
  }

  @Test("that is empty, not YAML, or without a vault is an error")
  func broken() {
    #expect(Self.problems("").first?.contains("empty") == true)
    #expect(Self.problems("vaults: [").first?.contains("not YAML") == true)
    #expect(Self.problems("mode: heal\n").first?.contains("at least one vault") == true)
  }

  @Test("refuses circles in the order of extensions")
  func circle() {
    let yaml =
      Self.minimal + """
        profiles:
          - name: p
            extensions:
              - {publisher: P, type: A, version: "1.0", after: [P.B]}
              - {publisher: P, type: B, version: "1.0", after: [P.A]}

        """
    #expect(Self.problems(yaml).contains { $0.contains("a circle") })
  }

  @Test("takes hints only where it says so")
  func hints() throws {
    func token(_ yaml: String) throws -> String? {
      try ConfigurationFile.parse(
        Self.minimal + yaml, file: "a.yaml", environment: ["HINTS": "0123456789abcdef"]
      ).listener?.hintToken
    }
    #expect(try token("listener: {}\n") == nil)
    #expect(try token("listener: {hints: {token: \"${HINTS}\"}}\n") == "0123456789abcdef")
  }

  @Test("takes values from the environment, and dollars as they are")
  func environment() throws {
    let read = try ConfigurationFile.parse(
      Self.minimal + "identity: {kind: clientSecret, tenantId: \"${T:-t}\", clientId: c, clientSecret: \"${S}$$\"}\n",
      file: "a.yaml",
      environment: ["S": "secret"])
    #expect(read.identity.clientSecret == "secret$")
    #expect(read.identity.tenantID == "t")
  }

  @Test("names sinks by their kind, and tells webhooks of alerts and the others of everything but details")
  func sinks() throws {
    let read = try ConfigurationFile.parse(
      Self.minimal + """
        sinks:
          - {kind: file, path: events.log, format: json, rotateAt: 100MB, keep: 3, gzip: false}
          - {kind: webhook, url: "${HOOK}", headers: {Authorization: "Bearer ${KEY}"}}
          - {kind: webhook, name: chat, url: "http://127.0.0.1:1/x", format: slack, level: warning}
          - kind: logsIngestion
            endpoint: https://dcr-a.uksouth-1.ingest.monitor.azure.com/
            rule: dcr-0123456789abcdef0123456789abcdef
            stream: Custom-Aftercare

        """, file: "/etc/aftercare/a.yaml", environment: ["HOOK": "https://example.com/h?sig=1", "KEY": "secret"])
    #expect(read.sinks.map(\.name) == ["file", "webhook", "chat", "logsIngestion"])
    #expect(read.sinks.map(\.filter) == [.level(.info), .alerts, .level(.warning), .level(.info)])
    guard case .file(let file) = read.sinks[0].target, case .webhook(let webhook) = read.sinks[1].target,
      case .webhook(let chat) = read.sinks[2].target, case .logsIngestion(let table) = read.sinks[3].target
    else {
      Issue.record("\(read.sinks)")
      return
    }
    #expect(file.path == "/etc/aftercare/events.log" && file.format == .json && file.rotateAt == 100_000_000)
    #expect(file.keep == 3 && !file.gzip)
    #expect(webhook.url == "https://example.com/h?sig=1" && webhook.headers == ["Authorization": "Bearer secret"])
    #expect(webhook.format == .events && chat.format == .slack)
    #expect(table.endpoint == "https://dcr-a.uksouth-1.ingest.monitor.azure.com" && table.stream == "Custom-Aftercare")
  }

  @Test("makes profiles for both systems")
  func profiles() throws {
    let read = try ConfigurationFile.parse(
      Self.minimal + """
        profiles:
          - name: p
            identity: {systemAssigned: true}
            extensions:
              - {use: AzureMonitorAgent, version: "1.40"}
              - {use: DependencyAgent}
              - {publisher: Contoso.Monitoring, type: Watcher, version: "1.0", os: linux, settings: {level: 3, deep: {on: true}}, after: [DependencyAgent]}

        """, file: "a.yaml", environment: [:])
    let extensions = try #require(read.profiles.first?.extensions)
    #expect(extensions[0].variants[.windows]?.kind == .azureMonitorWindowsAgent)
    #expect(extensions[0].variants[.linux]?.version == "1.40")
    #expect(extensions[1].variants[.linux]?.after == [.azureMonitorLinuxAgent])
    #expect(extensions[2].variants[.windows] == nil)
    #expect(
      extensions[2].variants[.linux]?.settings == .object(["level": .integer(3), "deep": .object(["on": .bool(true)])]))
    #expect(extensions[2].variants[.linux]?.after == [.dependencyAgentLinux])
  }
}

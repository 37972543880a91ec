import Foundation
import PostgresJournal
import RecoveryCore
import Yams

/// The sections of the file. `keys` is what the JSON Schema is held against.
extension ConfigurationReader {
  static let keys: [String: [String]] = [
    "": [
      "cloud", "endpoint", "identity", "apiVersions", "vaults", "state", "journal", "mode", "watch", "failover",
      "grace", "heal", "logging", "profiles", "baseline", "catalogue", "unknownExtensions", "testFailover", "history",
      "brakes", "budget", "alerts", "listener", "sinks",
    ],
    "identity": [
      "kind", "clientId", "resourceId", "objectId", "tenantId", "clientSecret", "tokenFile", "token", "imdsEndpoint",
      "authorityHost",
    ],
    "apiVersions": ["siteRecovery", "compute", "monitor"],
    "journal": ["url", "password", "entra", "secret", "lease"],
    "watch": ["items", "itemsMoving", "machineMoving", "machine", "baseline", "data"],
    "failover": ["confirmAfter", "readyWithin"],
    "grace": ["suspect", "looks", "verify", "data"],
    "heal": [
      "parallelMachines", "attempts", "rounds", "backOff", "passingWithin", "operationWithin", "settle", "poll",
    ],
    "heal.backOff": ["first", "factor", "most", "jitter"],
    "heal.poll": ["first", "most", "factor"],
    "logging": ["format", "level"],
    "alerts": ["gather", "groupInterval", "repeatAfter", "unreadableFor"],
    "listener": ["address", "port", "token", "hints"],
    "listener.hints": ["token"],
    "sinks": [
      "kind", "name", "events", "level", "format", "path", "rotateAt", "keep", "gzip", "url", "headers", "endpoint",
      "rule", "stream",
    ],
    "baseline": ["learn", "forgetAfter"],
    "testFailover": ["policy", "rule"],
    "history": ["keep"],
    "brakes": [
      "inFlight", "failureRate", "failureWindow", "failuresOf", "canary", "canaryWithin", "canaryKeeps", "unexplained",
      "optOutTag", "windows", "flapHeals", "flapPeriod",
    ],
    "brakes.windows": ["days", "from", "to"],
    "budget": ["reads", "readsPerSecond", "writes", "writesPerSecond", "deletes", "deletesPerSecond"],
    "catalogue": ["publisher", "type", "os", "replay", "protectedSettings", "needsIdentity", "after"],
    "profiles": ["name", "match", "identity", "extensions", "associations", "endpoints", "data"],
    "profiles.data": ["workspace", "tables"],
    "profiles.match": ["os", "tags", "locations", "resourceGroups"],
    "profiles.identity": ["systemAssigned", "userAssigned"],
    "profiles.extensions": [
      "use", "publisher", "type", "name", "version", "os", "autoUpgradeMinorVersion", "enableAutomaticUpgrade",
      "settings", "after", "userAssignedIdentity", "protectedSettingsFromKeyVault", "protectedSettingsFile",
    ],
    "profiles.extensions.protectedSettingsFromKeyVault": ["secretUrl", "sourceVault"],
    "profiles.associations": ["name", "rule", "endpoint"],
  ]

  func section(_ node: Node, _ path: String, _ schema: String? = nil) -> [String: Node] {
    members(node, path, known: ConfigurationReader.keys[schema ?? path] ?? [])
  }

  func configuration(_ root: Node) -> Configuration {
    var read = Configuration()
    let top = section(root, "")
    if let node = top["cloud"] { read.cloud = choice(node, "cloud", Configuration.Cloud.self) ?? read.cloud }
    if let node = top["endpoint"] { read.endpoint = endpoint(node, "endpoint", read.cloud) }
    if read.cloud == .simulator, top["endpoint"] == nil {
      report(top["cloud"], "endpoint", "cloud: simulator needs an endpoint, such as http://127.0.0.1:8410")
    }
    if let node = top["identity"] { read.identity = identity(node, read.cloud) }
    if let node = top["apiVersions"] { read.apiVersions = apiVersions(node) }
    if let node = top["vaults"] {
      read.vaults = vaults(node)
    } else {
      report(root, "vaults", "at least one vault is needed")
    }
    if let node = top["state"], let path = text(node, "state") { read.state = path }
    read.state = absolute(read.state)
    if let node = top["journal"] { read.journal = database(node) }
    if let node = top["mode"] { read.mode = choice(node, "mode", Configuration.Mode.self) ?? read.mode }
    if let node = top["watch"] { watch(node, &read.watch) }
    if let node = top["failover"] {
      let keys = section(node, "failover")
      set(keys["confirmAfter"], "failover.confirmAfter", &read.failover.confirmAfter)
      set(keys["readyWithin"], "failover.readyWithin", &read.failover.readyWithin)
    }
    if let node = top["grace"] {
      let keys = section(node, "grace")
      set(keys["suspect"], "grace.suspect", &read.grace.suspect)
      set(keys["looks"], "grace.looks", 1...100, &read.grace.looks)
      set(keys["verify"], "grace.verify", &read.grace.verify)
      set(keys["data"], "grace.data", &read.grace.data)
    }
    if let node = top["heal"] { heal(node, &read.heal) }
    if let node = top["logging"] {
      let keys = section(node, "logging")
      if let node = keys["format"] {
        read.logging.format = choice(node, "logging.format", Configuration.LogFormat.self) ?? .text
      }
      if let node = keys["level"] {
        read.logging.level = choice(node, "logging.level", Configuration.LogLevel.self) ?? .info
      }
    }
    if let node = top["alerts"] {
      let keys = section(node, "alerts")
      set(keys["gather"], "alerts.gather", &read.alerts.gather)
      set(keys["groupInterval"], "alerts.groupInterval", &read.alerts.groupInterval)
      set(keys["repeatAfter"], "alerts.repeatAfter", &read.alerts.repeatAfter)
      set(keys["unreadableFor"], "alerts.unreadableFor", &read.alerts.unreadableFor)
    }
    read.listener = top["listener"].map(listener)
    if let node = top["sinks"] { read.sinks = sinks(node, read.cloud) }
    if let node = top["testFailover"] {
      let keys = section(node, "testFailover")
      if let node = keys["policy"] {
        read.testFailover.policy = choice(node, "testFailover.policy", Policy.TestFailover.self) ?? .report
      }
      read.testFailover.rule = keys["rule"].flatMap {
        id($0, "testFailover.rule", type: "Microsoft.Insights/dataCollectionRules")
      }
      if read.testFailover.rule != nil, read.testFailover.policy != .heal {
        read.warnings.append("testFailover.rule is used with testFailover.policy: heal only")
      }
    }
    if let node = top["history"] {
      set(section(node, "history")["keep"], "history.keep", &read.history.keep)
    }
    if let node = top["brakes"] { brakes(node, &read.brakes) }
    if let node = top["budget"] {
      let keys = section(node, "budget")
      func put(_ key: String, _ value: inout Double) { set(keys[key], "budget.\(key)", 0.1...1_000_000, &value) }
      put("reads", &read.budget.reads)
      put("readsPerSecond", &read.budget.readsPerSecond)
      put("writes", &read.budget.writes)
      put("writesPerSecond", &read.budget.writesPerSecond)
      put("deletes", &read.budget.deletes)
      put("deletesPerSecond", &read.budget.deletesPerSecond)
    }
    restoration(top, &read)
    return read
  }

  /// Relative to the file, so that it does not depend on where the daemon was started.
  func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return URL(filePath: file).deletingLastPathComponent().appending(path: path).standardizedFileURL.path
  }

  func set(_ node: Node?, _ path: String, _ value: inout Duration) {
    if let node, let read = duration(node, path) { value = read }
  }

  func set(_ node: Node?, _ path: String, _ range: ClosedRange<Int>, _ value: inout Int) {
    if let node, let read = count(node, path, range) { value = read }
  }

  func set(_ node: Node?, _ path: String, _ range: ClosedRange<Double>, _ value: inout Double) {
    if let node, let read = number(node, path, range) { value = read }
  }

  private func watch(_ node: Node, _ read: inout Configuration.Watch) {
    let keys = section(node, "watch")
    set(keys["items"], "watch.items", &read.items)
    set(keys["itemsMoving"], "watch.itemsMoving", &read.itemsMoving)
    set(keys["machineMoving"], "watch.machineMoving", &read.machineMoving)
    set(keys["machine"], "watch.machine", &read.machine)
    set(keys["baseline"], "watch.baseline", &read.baseline)
    set(keys["data"], "watch.data", &read.data)
  }

  private func heal(_ node: Node, _ read: inout Configuration.Heal) {
    let keys = section(node, "heal")
    set(keys["parallelMachines"], "heal.parallelMachines", 1...1000, &read.parallelMachines)
    set(keys["attempts"], "heal.attempts", 1...100, &read.attempts)
    set(keys["rounds"], "heal.rounds", 1...100, &read.rounds)
    set(keys["passingWithin"], "heal.passingWithin", &read.passingWithin)
    set(keys["operationWithin"], "heal.operationWithin", &read.operationWithin)
    set(keys["settle"], "heal.settle", &read.settle)
    if let node = keys["backOff"] {
      let keys = section(node, "heal.backOff")
      set(keys["first"], "heal.backOff.first", &read.backOff.first)
      set(keys["factor"], "heal.backOff.factor", 1...10, &read.backOff.factor)
      set(keys["most"], "heal.backOff.most", &read.backOff.most)
      set(keys["jitter"], "heal.backOff.jitter", 0...0.9, &read.backOff.jitter)
    }
    if let node = keys["poll"] {
      let keys = section(node, "heal.poll")
      set(keys["first"], "heal.poll.first", &read.poll.first)
      set(keys["most"], "heal.poll.most", &read.poll.most)
      set(keys["factor"], "heal.poll.factor", 1...10, &read.poll.factor)
    }
  }

  /// Beyond loopback everybody can ask: then nobody may without the token.
  private func listener(_ node: Node) -> Configuration.Listener {
    var read = Configuration.Listener()
    let keys = section(node, "listener")
    if let node = keys["address"], let address = text(node, "listener.address") { read.address = address }
    set(keys["port"], "listener.port", 1...65_535, &read.port)
    if let node = keys["token"] { read.token = secret(node, "listener.token") }
    if let node = keys["hints"] { read.hintToken = hintToken(node, besides: read.token) }
    if !read.isLoopback, read.token == nil {
      report(
        keys["address"] ?? node, "listener.address",
        "\(read.address) is not loopback: then a token is needed (listener.token, from ${NAME}); or listen on 127.0.0.1 "
          + "behind a proxy with TLS")
    }
    return read
  }

  /// A URL, or keys. What it says is never repeated in a problem: it may hold a password.
  private func database(_ node: Node) -> Configuration.Database? {
    let keys = node.scalar == nil ? section(node, "journal") : ["url": node]
    guard let place = keys["url"] else {
      report(
        node, "journal", "needs a url: postgresql://user@host:port/database; without journal it is a file in state")
      return nil
    }
    guard let url = text(place, "journal.url") else { return nil }
    var read = Configuration.Database(url: url)
    if let words = PostgresDatabase.problem(with: url) { report(place, "journal.url", words) }
    if let node = keys["password"] { read.password = text(node, "journal.password") }
    if let node = keys["entra"] { read.entra = flag(node, "journal.entra") ?? false }
    if let node = keys["secret"] { read.secret = secret(node, "journal.secret") }
    set(keys["lease"], "journal.lease", &read.lease)
    // Beats are a fifth of it, and a request to Azure needs seconds of what is left.
    if read.lease < .seconds(5) || read.lease > .seconds(3600) {
      report(keys["lease"], "journal.lease", "expected from 5s to 1h: a vault waits for so long when an instance dies")
    }
    if read.entra, read.password != nil {
      report(keys["password"], "journal.password", "with entra: true the password is a token: leave one of them out")
    }
    return read
  }

  private func secret(_ node: Node, _ path: String) -> String? {
    guard let secret = text(node, path) else { return nil }
    if secret.count < 16 { report(node, path, "at least 16 characters: `openssl rand -hex 16` makes some") }
    return secret
  }

  /// What senders keep in a URL must not open the page.
  private func hintToken(_ node: Node, besides token: String?) -> String? {
    guard let node = section(node, "listener.hints")["token"] else {
      report(node, "listener.hints", "hints need a token: listener.hints.token, from ${NAME}")
      return nil
    }
    let read = secret(node, "listener.hints.token")
    if let read, read == token {
      report(node, "listener.hints.token", "must be another one than listener.token, which opens the page")
    }
    return read
  }

  private func vaults(_ node: Node) -> [ResourceID] {
    var vaults: [ResourceID] = []
    for (index, entry) in list(node, "vaults").enumerated() {
      guard let id = id(entry, "vaults[\(index)]", type: "Microsoft.RecoveryServices/vaults") else { continue }
      if vaults.contains(id) { report(entry, "vaults[\(index)]", "the vault stands twice") } else { vaults.append(id) }
    }
    if node.sequence?.isEmpty ?? false { report(node, "vaults", "at least one vault is needed") }
    return vaults
  }

  /// Plain HTTP is for a simulator on this machine, and for nothing else: tokens are sent there.
  private func endpoint(_ node: Node, _ path: String, _ cloud: Configuration.Cloud) -> String? {
    guard var text = text(node, path) else { return nil }
    while text.hasSuffix("/") { text.removeLast() }
    if cloud != .simulator {
      report(node, path, "belongs to cloud: simulator only; the clouds of Azure have their own")
      return nil
    }
    guard let url = URL(string: text), let host = url.host(), ["http", "https"].contains(url.scheme ?? "") else {
      report(node, path, "expected a URL such as http://127.0.0.1:8410, got '\(text)'")
      return nil
    }
    let isLoopback = ["localhost", "::1", "[::1]"].contains(host) || host.hasPrefix("127.")
    if !isLoopback {
      report(node, path, "a simulator must be on loopback (127.0.0.1, localhost or [::1]), got '\(host)'")
      return nil
    }
    return text
  }

  private func identity(_ node: Node, _ cloud: Configuration.Cloud) -> Configuration.Identity {
    var read = Configuration.Identity()
    let keys = section(node, "identity")
    if let node = keys["kind"] {
      read.kind = choice(node, "identity.kind", Configuration.Identity.Kind.self) ?? .automatic
    }
    func put(_ key: String) -> String? { keys[key].flatMap { text($0, "identity.\(key)") } }
    read.clientID = put("clientId")
    read.resourceID = put("resourceId")
    read.objectID = put("objectId")
    read.tenantID = put("tenantId")
    read.clientSecret = put("clientSecret")
    read.tokenFile = put("tokenFile")
    read.token = put("token")
    if let node = keys["imdsEndpoint"] { read.imdsEndpoint = endpoint(node, "identity.imdsEndpoint", cloud) }
    if let node = keys["authorityHost"] { read.authorityHost = endpoint(node, "identity.authorityHost", cloud) }
    if read.kind == .token, cloud != .simulator {
      report(node, "identity.kind", "a fixed token is for cloud: simulator only: a real one expires within the hour")
    }
    if read.kind == .token, read.token == nil { report(node, "identity.token", "kind: token needs a token") }
    if read.kind == .clientSecret, [read.tenantID, read.clientID, read.clientSecret].contains(nil) {
      report(
        node, "identity", "kind: clientSecret needs tenantId, clientId and clientSecret (use ${NAME} for the secret)")
    }
    if [read.clientID, read.resourceID, read.objectID].compactMap({ $0 }).count > 1, read.kind == .managedIdentity {
      report(node, "identity", "at most one of clientId, resourceId and objectId names a managed identity")
    }
    return read
  }

  private func apiVersions(_ node: Node) -> Configuration.APIVersions {
    var read = Configuration.APIVersions()
    let keys = section(node, "apiVersions")
    func put(_ key: String, _ value: inout String) {
      guard let node = keys[key], let version = text(node, "apiVersions.\(key)") else { return }
      if version.wholeMatch(of: /\d{4}-\d{2}-\d{2}(-preview)?/) == nil {
        report(node, "apiVersions.\(key)", "expected an api-version such as 2024-07-01, got '\(version)'")
      }
      value = version
    }
    put("siteRecovery", &read.siteRecovery)
    put("compute", &read.compute)
    put("monitor", &read.monitor)
    return read
  }
}

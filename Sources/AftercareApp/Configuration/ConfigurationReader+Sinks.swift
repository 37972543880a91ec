import Foundation
import RecoveryCore
import Yams

/// Where events go beside the log. What stands in a webhook's url or headers is a secret, and in no message.
extension ConfigurationReader {
  private enum Events: String, CaseIterable { case alerts }

  private static let sinkKeys: [Configuration.Sink.Kind: [String]] = [
    .file: ["kind", "name", "events", "level", "format", "path", "rotateAt", "keep", "gzip"],
    .webhook: ["kind", "name", "events", "level", "format", "url", "headers"],
    .logsIngestion: ["kind", "name", "events", "level", "endpoint", "rule", "stream"],
  ]

  func sinks(_ node: Node, _ cloud: Configuration.Cloud) -> [Configuration.Sink] {
    var sinks: [Configuration.Sink] = []
    for (index, entry) in list(node, "sinks").enumerated() {
      guard let sink = sink(entry, "sinks[\(index)]", cloud) else { continue }
      if sink.name == SinkName.log || sinks.contains(where: { $0.name == sink.name }) {
        report(entry, "sinks[\(index)]", "another sink is named '\(sink.name)' already: give this one a name")
      }
      sinks.append(sink)
    }
    return sinks
  }

  private func sink(_ node: Node, _ path: String, _ cloud: Configuration.Cloud) -> Configuration.Sink? {
    let kinds = Configuration.Sink.Kind.allCases.map(\.rawValue).joined(separator: ", ")
    guard let first = node.mapping?["kind"] else {
      report(node, path, "a sink needs a kind: \(kinds)")
      return nil
    }
    guard let kind = choice(first, "\(path).kind", Configuration.Sink.Kind.self) else { return nil }
    let keys = members(node, path, known: ConfigurationReader.sinkKeys[kind] ?? [])
    let target: Configuration.Sink.Target? =
      switch kind {
      case .file: file(node, keys, path).map { .file($0) }
      case .webhook: webhook(node, keys, path).map { .webhook($0) }
      case .logsIngestion: logsIngestion(node, keys, path, cloud).map { .logsIngestion($0) }
      }
    let filter = filter(keys, path) ?? (kind == .webhook ? .alerts : .level(.info))
    let name = name(keys["name"], path) ?? kind.rawValue
    return target.map { Configuration.Sink(name: name, filter: filter, target: $0) }
  }

  /// The journal and the metrics know a sink by it.
  private func name(_ node: Node?, _ path: String) -> String? {
    guard let node, let name = text(node, "\(path).name") else { return nil }
    if name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,62}/) == nil {
      report(node, "\(path).name", "expected letters, digits, '.', '_' and '-', got '\(name)'")
    }
    return name
  }

  private func filter(_ keys: [String: Node], _ path: String) -> EventFilter? {
    if let node = keys["events"], keys["level"] != nil {
      report(node, "\(path).events", "a sink has either 'events' or 'level'")
    }
    if let node = keys["events"] { return choice(node, "\(path).events", Events.self).map { _ in .alerts } }
    return keys["level"].flatMap { choice($0, "\(path).level", Event.Level.self) }.map { .level($0) }
  }

  // MARK: - The kinds

  private func file(_ node: Node, _ keys: [String: Node], _ path: String) -> Configuration.Sink.File? {
    guard let location = required("path", node, keys, path) else { return nil }
    var file = Configuration.Sink.File(path: absolute(location))
    if let node = keys["format"] {
      file.format = choice(node, "\(path).format", Configuration.LogFormat.self) ?? .text
    }
    if let node = keys["rotateAt"] { file.rotateAt = size(node, "\(path).rotateAt") }
    set(keys["keep"], "\(path).keep", 1...1000, &file.keep)
    if let node = keys["gzip"] { file.gzip = flag(node, "\(path).gzip") ?? true }
    return file
  }

  private func webhook(_ node: Node, _ keys: [String: Node], _ path: String) -> Configuration.Sink.Webhook? {
    guard let text = required("url", node, keys, path) else { return nil }
    if !ConfigurationReader.isSafe(text) {
      report(
        keys["url"], "\(path).url",
        "expected an https URL without a user, a password and a fragment; plain http only to loopback")
    }
    var webhook = Configuration.Sink.Webhook(url: text)
    if let node = keys["format"] {
      webhook.format = choice(node, "\(path).format", Configuration.Sink.WebhookFormat.self) ?? .events
    }
    for (key, value) in keys["headers"]?.mapping ?? [:] {
      guard let name = key.string, let text = self.text(value, "\(path).headers") else { continue }
      if name.wholeMatch(of: /[A-Za-z0-9-]+/) == nil || text.contains(where: \.isNewline) {
        report(key, "\(path).headers", "'\(name)' is no header that can be sent")
      }
      webhook.headers[name] = text
    }
    if let node = keys["headers"], node.mapping == nil {
      report(node, "\(path).headers", "expected names and values, such as {Authorization: \"Bearer ${KEY}\"}")
    }
    return webhook
  }

  private func logsIngestion(
    _ node: Node, _ keys: [String: Node], _ path: String, _ cloud: Configuration.Cloud
  ) -> Configuration.Sink.LogsIngestion? {
    guard var endpoint = required("endpoint", node, keys, path), let rule = required("rule", node, keys, path),
      let stream = required("stream", node, keys, path)
    else { return nil }
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    // A token is sent there.
    let host = URL(string: endpoint)?.host() ?? ""
    let isIngestion = endpoint == "https://\(host)" && host.hasSuffix(cloud.ingestionDomain)
    if cloud == .simulator ? !ConfigurationReader.isSafe(endpoint) : !isIngestion {
      report(
        keys["endpoint"], "\(path).endpoint",
        "expected the logs ingestion endpoint of a data collection rule or endpoint, such as "
          + "https://NAME.REGION-1\(cloud.ingestionDomain), got '\(endpoint)'")
    }
    if rule.wholeMatch(of: /dcr-[0-9a-f]{32}/) == nil {
      report(keys["rule"], "\(path).rule", "expected the rule's immutable id, dcr- and 32 digits, got '\(rule)'")
    }
    if stream.wholeMatch(of: /Custom-[A-Za-z0-9_]+/) == nil {
      report(
        keys["stream"], "\(path).stream", "expected a stream of the rule, such as Custom-Aftercare, got '\(stream)'")
    }
    return Configuration.Sink.LogsIngestion(endpoint: endpoint, rule: rule, stream: stream)
  }

  private func required(_ key: String, _ node: Node, _ keys: [String: Node], _ path: String) -> String? {
    guard let value = keys[key] else {
      report(node, path, "needs '\(key)'")
      return nil
    }
    return text(value, "\(path).\(key)")
  }

  /// `100MB`, in units of a thousand.
  private func size(_ node: Node, _ path: String) -> Int? {
    guard let text = text(node, path) else { return nil }
    for (unit, bytes) in [("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000)] where text.hasSuffix(unit) {
      if let count = Int(text.dropLast(2)), (1...1_000_000).contains(count) { return count * bytes }
    }
    report(node, path, "expected a size such as 500KB, 100MB or 2GB, got '\(text)'")
    return nil
  }

  /// Whether a secret may be sent there.
  private static func isSafe(_ text: String) -> Bool {
    guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user() == nil, url.fragment() == nil
    else { return false }
    let isLoopback = ["localhost", "::1", "[::1]"].contains(host) || host.hasPrefix("127.")
    return url.scheme == "https" || (url.scheme == "http" && isLoopback)
  }
}

extension Configuration.Cloud {
  /// Source: Logs Ingestion API, endpoints by cloud.
  fileprivate var ingestionDomain: String {
    switch self {
    case .azure, .simulator: ".ingest.monitor.azure.com"
    case .azureUSGovernment: ".ingest.monitor.azure.us"
    case .azureChina: ".ingest.monitor.azure.cn"
    }
  }
}

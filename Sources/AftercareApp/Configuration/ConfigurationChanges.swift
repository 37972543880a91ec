import Yams

/// What is different between two configurations, key by key.
public enum ConfigurationChanges {
  /// Keys whose values are nobody's business.
  private static let secret: Set<String> = [
    "token", "clientSecret", "url", "headers", "environment", "journal", "password", "secret",
  ]
  private static let mostWords = 80

  /// `watch.items: 60s → 30s`, sorted by key; empty when the two say the same.
  public static func between(_ old: Configuration, _ new: Configuration) -> [String] {
    Set(old.said.keys).union(new.said.keys).sorted().compactMap { key in
      let (was, now) = (old.said[key], new.said[key])
      guard was != now else { return nil }
      return "\(key): \(words(was, of: key)) → \(words(now, of: key))"
    }
  }

  private static func words(_ value: String?, of key: String) -> String {
    guard let value else { return "default" }
    let names = key.split { ".[]".contains($0) }.map(String.init)
    if !secret.isDisjoint(with: names) { return "(hidden)" }
    return value.count > mostWords ? value.prefix(mostWords) + "…" : value
  }

  static func flattened(_ root: Node) -> [String: String] {
    var said: [String: String] = [:]
    flatten(root, "", into: &said)
    return said
  }

  private static func flatten(_ node: Node, _ path: String, into said: inout [String: String]) {
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        flatten(value, path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")", into: &said)
      }
    case .sequence(let sequence):
      for (index, value) in sequence.enumerated() { flatten(value, "\(path)[\(index)]", into: &said) }
    case .scalar(let scalar): said[path] = scalar.string
    case .alias: break
    }
  }
}

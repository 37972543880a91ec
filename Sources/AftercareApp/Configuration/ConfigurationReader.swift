import RecoveryCore
import Yams

/// Reads YAML nodes strictly, and goes on after a problem so that all of them are reported at once.
final class ConfigurationReader {
  let file: String
  let environment: [String: String]
  private(set) var problems: [ConfigurationProblem] = []
  /// What profiles are checked against.
  var knownExtensions = Catalogue()

  init(file: String, environment: [String: String]) {
    self.file = file
    self.environment = environment
  }

  func report(_ node: Node?, _ path: String, _ message: String) {
    problems.append(
      ConfigurationProblem(
        file: file, line: node?.mark?.line ?? 1, column: node?.mark?.column ?? 1, path: path, message: message))
  }

  /// The members of a mapping. Unknown and doubled keys are problems, with what may have been meant.
  func members(_ node: Node, _ path: String, known: [String]) -> [String: Node] {
    guard let mapping = node.mapping else {
      report(node, path, "expected keys and values (\(known.joined(separator: ", ")))")
      return [:]
    }
    var members: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.string else {
        report(key, path, "expected a key")
        continue
      }
      if !known.contains(name) {
        let near = known.min { Distance.between($0, name) < Distance.between($1, name) } ?? ""
        let hint =
          Distance.between(near, name) <= max(2, name.count / 3)
          ? "; did you mean '\(near)'?" : "; known are \(known.joined(separator: ", "))"
        report(key, path, "unknown key '\(name)'\(hint)")
      } else if members.updateValue(value, forKey: name) != nil {
        report(key, path, "the key '\(name)' stands twice")
      }
    }
    return members
  }

  func list(_ node: Node, _ path: String) -> [Node] {
    guard let sequence = node.sequence else {
      report(node, path, "expected a list")
      return []
    }
    return Array(sequence)
  }

  // MARK: - Scalars

  /// Text, with `${NAME}`, `${NAME:-default}` and `$$` put in from the environment.
  func text(_ node: Node, _ path: String) -> String? {
    guard let scalar = node.scalar, !scalar.string.isEmpty else {
      report(node, path, "expected text")
      return nil
    }
    var rest = scalar.string[...]
    var text = ""
    while let dollar = rest.firstIndex(of: "$") {
      text += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        text += "$"
        rest = rest.dropFirst()
      } else if rest.first == "{", let end = rest.firstIndex(of: "}") {
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        let parts = inner.split(separator: ":-", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        if let value = environment[name] ?? (parts.count > 1 ? String(parts[1]) : nil) {
          text += value
        } else {
          let variables = EnvironmentFile.path(besideConfiguration: file)
          report(node, path, "the environment variable \(name) is not set, and not in \(variables)")
          return nil
        }
      } else {
        text += "$"
      }
    }
    return text + rest
  }

  func choice<Value: RawRepresentable & CaseIterable>(_ node: Node, _ path: String, _ type: Value.Type) -> Value?
  where Value.RawValue == String {
    guard let text = text(node, path) else { return nil }
    if let value = Value(rawValue: text) { return value }
    report(node, path, "expected one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")), got '\(text)'")
    return nil
  }

  func duration(_ node: Node, _ path: String) -> Duration? {
    guard let text = text(node, path) else { return nil }
    if let span = Duration(configured: text), span > .zero { return span }
    let hint = Double(text) != nil ? "; add a unit: ms, s, m, h or d" : ""
    report(node, path, "expected a positive duration such as 250ms, 60s, 1m30s or 6h, got '\(text)'\(hint)")
    return nil
  }

  func count(_ node: Node, _ path: String, _ range: ClosedRange<Int>) -> Int? {
    guard let text = text(node, path) else { return nil }
    if let value = Int(text), range.contains(value) { return value }
    report(node, path, "expected a whole number from \(range.lowerBound) to \(range.upperBound), got '\(text)'")
    return nil
  }

  func number(_ node: Node, _ path: String, _ range: ClosedRange<Double>) -> Double? {
    guard let text = text(node, path) else { return nil }
    if let value = Double(text), range.contains(value) { return value }
    report(node, path, "expected a number from \(range.lowerBound) to \(range.upperBound), got '\(text)'")
    return nil
  }

  func flag(_ node: Node, _ path: String) -> Bool? {
    switch text(node, path) {
    case "true": return true
    case "false": return false
    case nil: return nil
    case let other?:
      report(node, path, "expected true or false, got '\(other)'")
      return nil
    }
  }

  /// An ARM id of a type such as `microsoft.recoveryservices/vaults`.
  func id(_ node: Node, _ path: String, type: String) -> ResourceID? {
    guard let text = text(node, path) else { return nil }
    let segments = text.lowercased().split(separator: "/")
    let parts = type.lowercased().split(separator: "/")
    if let id = ResourceID(text), segments.count == 8, segments[2] == "resourcegroups", segments[4] == "providers",
      Array(segments[5...6]) == parts
    {
      return id
    }
    report(node, path, "expected an id /subscriptions/…/resourceGroups/…/providers/\(type)/NAME, got '\(text)'")
    return nil
  }

  /// Settings are the extension's business: any YAML, as JSON.
  func json(_ node: Node, _ path: String) -> JSONValue {
    switch node {
    case .mapping(let mapping):
      var members: [String: JSONValue] = [:]
      for (key, value) in mapping { members[key.string ?? ""] = json(value, path) }
      return .object(members)
    case .sequence(let sequence): return .array(sequence.map { json($0, path) })
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any else { return .string(text(node, path) ?? "") }
      if let value = node.bool { return .bool(value) }
      if let value = node.int { return .integer(Int64(value)) }
      if let value = node.float { return .number(value) }
      return node.null != nil ? .null : .string(text(node, path) ?? "")
    case .alias: return .null
    }
  }
}

extension Duration {
  /// `250ms`, `60s`, `1.5m`, `6h`, `2d`, and several in a row.
  init?(configured text: String) {
    let units: [(String, Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    var rest = text[...]
    var milliseconds = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = Double(digits), value.isFinite else { return nil }
      rest = rest.dropFirst(digits.count)
      guard let (name, size) = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
      milliseconds += value * size
      rest = rest.dropFirst(name.count)
    }
    guard milliseconds < 1e14 else { return nil }
    self = .milliseconds(Int64(milliseconds.rounded()))
  }
}

/// How many letters must change to make one word of another.
enum Distance {
  static func between(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased())
    let right = Array(right.lowercased())
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let next = min(row[j + 1] + 1, row[j] + 1, previous + (a == b ? 0 : 1))
        previous = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[right.count]
  }
}

import Foundation
import RecoveryCore
import Testing

@Suite("The documentation")
struct DocumentationTests {
  static let root = LayeringTests.sources.deletingLastPathComponent()

  @Test("lists every event with its level and its message")
  func events() throws {
    let text = try String(contentsOf: Self.root.appending(path: "docs/events.md"), encoding: .utf8)
    for kind in EventKind.allCases {
      let row = "| `\(kind.rawValue)` | \(kind.usualLevel.rawValue) | \(kind.sentence) |"
      #expect(text.contains(row), "docs/events.md lacks: \(row)")
    }
  }

  @Test("lists every check, and every action that is needed with its reason")
  func checks() throws {
    let text = try String(contentsOf: Self.root.appending(path: "docs/check.md"), encoding: .utf8)
    for check in CheckResult.Kind.allCases { #expect(text.contains("\n| `\(check.rawValue)` | "), "\(check)") }
    for action in NeededAction.allCases {
      let help = action.isHelpful ? " (helps)" : ""
      let rest = " | \(action.reason)\(help) | \(action.builtInRole ?? "none: a custom role") |"
      let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(action.rawValue)` | ") }
      #expect(row?.hasSuffix(rest) == true, "docs/check.md lacks: \(action.rawValue)\(rest)")
    }
  }

  @Test("describes every path for programs with its methods, and no other")
  func paths() throws {
    var served: Set<String> = ["post /api/v1/hint", "options /api/v1/hint"]
    for (file, prefix) in [("Probes", ""), ("API", "/api/v1")] {
      let source = try String(
        contentsOf: LayeringTests.sources.appending(path: "StatusServer/Serving/\(file).swift"), encoding: .utf8)
      for match in source.matches(of: /\.(get|post)\("(\/[^"]*)"\)/) { served.insert("\(match.1) \(prefix)\(match.2)") }
    }
    var described: Set<String> = []
    var path = ""
    for line in try String(contentsOf: Self.root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
      .split(separator: "\n")
    {
      if let match = line.wholeMatch(of: #/  (/.*):/#) { path = String(match.1) }
      if let match = line.wholeMatch(of: #/    (get|post|options):/#) { described.insert("\(match.1) \(path)") }
    }
    #expect(served == described)
    #expect(served.count > 8, "the routes are elsewhere; mend this test with them")
  }

  @Test("says what to do about every event that may want somebody")
  func remedies() throws {
    let text = try String(contentsOf: Self.root.appending(path: "docs/operations.md"), encoding: .utf8)
    for kind in EventKind.allCases where kind.usualLevel >= .warning {
      #expect(text.contains("| `\(kind.rawValue)` |"), "docs/operations.md has no row for \(kind.rawValue)")
    }
  }

  @Test("names folders that exist")
  func folders() throws {
    let text = try String(contentsOf: Self.root.appending(path: "docs/architecture.md"), encoding: .utf8)
    for target in LayeringTests.allowed.keys { #expect(text.contains(target)) }
  }

  /// Actions that only polling of operations may need, beside those that are checked.
  private static let unchecked: Set<String> = ["Microsoft.Compute/locations/operations/read"]

  @Test("gives roles that hold what `check` asks for, and no more")
  func roles() throws {
    struct Role: Decodable {
      var actions: [String]
      enum CodingKeys: String, CodingKey { case actions = "Actions" }
    }
    var granted: Set<String> = []
    for name in ["azure-role", "azure-role-identity", "azure-role-key-vault"] {
      let file = Self.root.appending(path: "config/\(name).json")
      granted.formUnion(try JSONDecoder().decode(Role.self, from: Data(contentsOf: file)).actions)
    }
    let needed = Set(NeededAction.allCases.map(\.rawValue)).union(Self.unchecked)
    #expect(granted.subtracting(needed).isEmpty, "granted without need")
    #expect(needed.subtracting(granted).isEmpty, "needed and not granted")
  }
}

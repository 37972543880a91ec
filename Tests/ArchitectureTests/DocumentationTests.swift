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
}

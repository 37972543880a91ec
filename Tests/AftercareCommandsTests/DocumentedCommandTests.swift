import ArgumentParser
import Foundation
import Testing

@testable import AftercareCommands

/// Whoever copies a command from a document must not be told that there is none.
@Suite("A documented command")
struct DocumentedCommandTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Lines of code that run something of ours, by document.
  static func lines(beginning words: [String]) throws -> [(document: String, line: String)] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "docs").path)
      .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    return try (names + ["README.md"]).sorted().flatMap { name in
      let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
      let blocks = text.split(separator: "\n").map { String($0.drop { $0 == " " }) }
      let spans = text.matches(of: /`((?:sudo -u aftercare )?aftercare [^`\n]+)`/).map { String($0.1) }
      return (blocks + spans).map { $0.replacing("sudo -u aftercare ", with: "") }
        .filter { line in words.contains { line.hasPrefix($0 + " ") || line == $0 } }.map { (name, $0) }
    }
  }

  @Test("of the executable is one that it takes")
  func parses() throws {
    let verbs = Set(AftercareRoot.configuration.subcommands.map { $0._commandName })
    let lines = try Self.lines(beginning: verbs.map { "aftercare \($0)" })
    #expect(lines.count > 40, "the documents are elsewhere")
    for (document, line) in lines {
      let words = Self.words(of: line.filter { $0 != "[" && $0 != "]" })
      guard !words.contains(where: { $0.contains("…") }) else { continue }
      do {
        _ = try AftercareRoot.parseAsRoot(words)
      } catch {
        let message = AftercareRoot.message(for: error)
        // A sentence names a command without all that it takes.
        if message.hasPrefix("Missing") || words.count == 1 { continue }
        Issue.record("\(document): \(line): \(message)")
      }
    }
  }

  @Test("that is a script is there, and can be run")
  func scripts() throws {
    for name in try Self.namedScripts() {
      let path = Self.root.appending(path: name).path
      #expect(FileManager.default.isExecutableFile(atPath: path), "\(name) is named and not there")
    }
  }

  private static func namedScripts() throws -> Set<String> {
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "docs").path)
      .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    return try Set(
      (names + ["README.md"]).flatMap { name in
        try String(contentsOf: root.appending(path: name), encoding: .utf8)
          .matches(of: /\bscript\/[a-z]+(?:-[a-z]+)*/).map { String($0.0) }
      })
  }

  /// As a shell splits them, up to a comment, a pipe or a redirection.
  static func words(of line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    for character in line + " " {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == " " {
        if ["#", "|", ">", "&", "<"].contains(where: { word.hasPrefix($0) }) { break }
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return Array(words.dropFirst())
  }
}

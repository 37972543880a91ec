import Foundation
import Testing

/// What a person reads who has mistyped, or whose files are not as they must be.
@Suite("The command line", .timeLimit(.minutes(10)))
struct CommandLineTests {
  static let verbs = [
    "demo", "run", "plan", "heal", "check", "status", "history", "events", "report", "approve", "pause", "resume",
    "retry", "state", "simulate",
  ]

  /// Says what to do next, and nothing of how it is made.
  static func isHelpful(_ answer: Command.Answer, _ words: [String]) {
    let said = answer.output
    let line = words.joined(separator: " ")
    #expect(answer.status != 0, "\(line)")
    #expect(answer.status < 128, "\(line) ended by a signal")
    let hints = [
      "Usage:", "See 'aftercare", "--help", "`aftercare", "--config", "did you mean", "expected", "check its",
    ]
    #expect(hints.contains { said.contains($0) }, "\(line) does not say what to do: \(said)")
    for trace in ["Error Domain", "Swift.", "Fatal error", "Stack dump", "Optional(", "NSError", "0x0"] {
      #expect(!said.contains(trace), "\(line) shows its inside: \(said)")
    }
    #expect(said.firstMatch(of: /\b[A-Z][a-z]+[A-Z]\w*Error\b/) == nil, "\(line) names a type: \(said)")
    #expect(said.split(separator: "\n").count < 60, "\(line) says more than anybody reads")
  }

  @Test("answers any single wrong word with what to do", arguments: verbs + ["", "stauts", "--wrong", "-x", "heal x"])
  func wrongWords(verb: String) async throws {
    let first = verb.split(separator: " ").map(String.init)
    for wrong in [["--wrong"], ["--config"], ["--config", ""], ["surplus", "words", "here"], ["--json=maybe"], ["-"]] {
      let words = first + wrong
      Self.isHelpful(try await Command.run(words), words)
    }
  }

  @Test(
    "says of a configuration that cannot be had what to do",
    arguments: verbs.filter { !["demo", "simulate", "state"].contains($0) })
  func configuration(verb: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "aftercare-words-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let machine =
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm-1"
    let rest: [String: [String]] = [
      "heal": [machine], "approve": ["--all"], "pause": ["--reason", "test"], "retry": ["vm-1"],
    ]
    let files = [
      ("missing.yaml", nil), ("empty.yaml", ""), ("broken.yaml", "vaults: [\n  - {"), ("list.yaml", "- a\n- b\n"),
      ("binary.yaml", "\u{0}\u{1}\u{2}"), ("typo.yaml", "vault: []\n"),
    ]
    for (name, text) in files {
      let file = folder.appending(path: name)
      try text?.write(to: file, atomically: true, encoding: .utf8)
      let words = [verb] + (rest[verb] ?? []) + ["--config", file.path]
      let answer = try await Command.run(words)
      #expect(answer.status == 78, "\(words): \(answer.output)")
      #expect(answer.output.contains("\(name):"), "it names the file: \(answer.output)")
    }
  }

  @Test(
    "says of a state directory that nobody has made what to do", arguments: ["status", "history", "events", "report"])
  func noState(verb: String) async throws {
    try await Region.with { region in
      try region.configure()
      let answer = try await Command.run(region, verb)
      #expect(answer.status == 1)
      #expect(answer.output.contains("aftercare run"), "\(verb): \(answer.output)")
    }
  }

  @Test("teaches by --help", arguments: verbs)
  func help(verb: String) async throws {
    let answer = try await Command.run([verb, "--help"])
    #expect(answer.status == 0)
    #expect(answer.output.contains("OVERVIEW:") && answer.output.contains("USAGE: aftercare \(verb)"))
  }

  @Test("completes itself in each shell", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) async throws {
    let answer = try await Command.run(["--generate-completion-script", shell])
    #expect(answer.status == 0)
    for verb in Self.verbs { #expect(answer.output.contains(verb)) }
  }

  @Test("keeps colour for terminals")
  func colour() async throws {
    let answer = try await Command.run(["demo", "--seconds", "0"], environment: ["NO_COLOR": ""])
    #expect(!answer.output.contains("\u{1B}["))
  }

  @Test(
    "ends without taking its libraries down under threads that still use them",
    arguments: [["--version"], ["check", "--help"], ["demo", "--seconds", "0"], ["status", "--config", "/none"]])
  func end(words: [String]) async throws {
    let answer = try await Command.run(words, environment: ["LD_DEBUG": "files"])
    // The loader says when it begins and when it ends a library (ld.so(8)).
    #expect(answer.output.contains("calling init:"), "\(answer.output.suffix(500))")
    #expect(!answer.output.contains("calling fini:"))
  }
}

import AftercareApp
import Foundation
import Testing

@Suite("The variables beside a configuration")
struct EnvironmentFileTests {
  private static let yaml = ConfigurationTests.minimal + "listener: {token: \"${PAGE}\"}\n"

  private let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

  private func load(_ variables: Data?, mode: Int = 0o640, given: [String: String] = [:]) throws -> Configuration {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Self.yaml.write(to: directory.appending(path: "a.yaml"), atomically: true, encoding: .utf8)
    if let variables {
      let file = directory.appending(path: "a.env")
      try variables.write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }
    return try ConfigurationFile.load(path: directory.appending(path: "a.yaml").path, environment: given)
  }

  private func load(_ variables: String, mode: Int = 0o640, given: [String: String] = [:]) throws -> Configuration {
    try load(Data(variables.utf8), mode: mode, given: given)
  }

  private func problems(_ variables: Data?) -> [String] {
    do {
      _ = try load(variables)
      return []
    } catch {
      return "\(error)".replacing(directory.path + "/", with: "").split(separator: "\n").map(String.init)
    }
  }

  @Test(
    "are one a line, quoted or not",
    arguments: [
      "PAGE=0123456789abcdef", "# the page\n\n;old\n  PAGE = 0123456789abcdef \r\nOTHER=\n",
      "PAGE=\"0123456789abcdef\"\n",
      "A1_b='x y'\nPAGE='0123456789abcdef'",
    ])
  func lines(text: String) throws {
    let read = try load(text)
    #expect(read.listener?.token == "0123456789abcdef")
    #expect(read.environment["PAGE"] == "0123456789abcdef")
    #expect(read.warnings.filter { $0.contains("a.env") }.isEmpty)
  }

  @Test("count less than what the process is given")
  func precedence() throws {
    let read = try load("PAGE=0123456789abcdef\nAZURE_CLIENT_ID=file", given: ["PAGE": "fedcba9876543210"])
    #expect(read.listener?.token == "fedcba9876543210")
    #expect(read.environment["AZURE_CLIENT_ID"] == "file")
  }

  @Test("that are wrong are all named with their lines, and never repeated")
  func wrong() {
    #expect(
      problems(Data("PAGE=0123456789abcdef\nexport X=1\n1X=2\nhunter2\nPAGE=b".utf8)) == [
        "a.env:2:1: expected NAME=VALUE, the name of letters, digits and _",
        "a.env:3:1: expected NAME=VALUE, the name of letters, digits and _",
        "a.env:4:1: expected NAME=VALUE, the name of letters, digits and _",
        "a.env:5:1: PAGE stands twice",
        "a.yaml:2:19: listener.token: at least 16 characters: `openssl rand -hex 16` makes some",
      ])
    #expect(problems(Data([0xFF, 0xFE])).first == "a.env:1:1: the file is not UTF-8 text")
    #expect(problems(Data(count: 2 << 20)).first == "a.env:1:1: the file is larger than 1 MiB")
    #expect(
      problems(nil) == [
        "a.yaml:2:19: listener.token: the environment variable PAGE is not set, and not in a.env"
      ])
  }

  @Test("are a warning where everybody may read them")
  func mode() throws {
    #expect(try load("PAGE=0123456789abcdef", mode: 0o644).warnings.contains { $0.contains("chmod o=") })
  }

  @Test("that change are a change of the configuration, and stay hidden")
  func changes() throws {
    let changes = try ConfigurationChanges.between(load("PAGE=0123456789abcdef"), load("PAGE=fedcba9876543210\nB=c"))
    #expect(changes == ["environment.B: default → (hidden)", "environment.PAGE: (hidden) → (hidden)"])
  }
}

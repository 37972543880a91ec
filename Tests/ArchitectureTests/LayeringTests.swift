import Foundation
import Testing

/// The floors of docs/architecture.md, held against the import lists of every source file.
@Suite("The floors")
struct LayeringTests {
  /// What each target may import of ours.
  static let allowed: [String: Set<String>] = [
    "RecoveryCore": [],
    "CurlTransport": ["CCurl", "CZlib"],
    "JSONReading": ["RecoveryCore"],
    "AzureCloud": ["RecoveryCore", "CurlTransport", "JSONReading"],
    "JournalFormat": ["RecoveryCore", "JSONReading"],
    "SQLiteJournal": ["RecoveryCore", "JournalFormat"],
    "PostgresJournal": ["RecoveryCore", "JournalFormat", "CPostgres"],
    "AlertSinks": ["RecoveryCore", "Reporting", "CurlTransport"],
    "WatchEngine": ["RecoveryCore"],
    "Reporting": ["RecoveryCore"],
    "StatusServer": ["RecoveryCore", "WatchEngine", "Reporting"],
    "AftercareApp": [
      "RecoveryCore", "CurlTransport", "AzureCloud", "JournalFormat", "SQLiteJournal", "PostgresJournal", "AlertSinks",
      "WatchEngine", "Reporting", "StatusServer",
    ],
    "AftercareCommands": ["RecoveryCore", "AftercareApp", "AzureSimulator", "Reporting", "WatchEngine"],
    "aftercare": ["AftercareCommands"],
    "AzureSimulator": ["CZlib"],
  ]
  static let cTargets = ["CCurl", "CZlib", "CPostgres"]
  /// What stays out of a target although no floor forbids it.
  static let forbidden: [String: Set<String>] = [
    "RecoveryCore": ["Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Logging"],
    "WatchEngine": ["Foundation", "GRDB", "HTTPTypes", "Yams"],
    "CurlTransport": ["Foundation", "FoundationEssentials", "Dispatch"],
    "JSONReading": ["Foundation", "FoundationEssentials", "Dispatch"],
    "AzureCloud": ["Foundation", "GRDB", "Hummingbird"],
    "Reporting": ["Foundation", "GRDB", "Hummingbird"],
    "JournalFormat": ["Foundation", "GRDB"],
    "PostgresJournal": ["Foundation", "FoundationEssentials", "Dispatch", "GRDB"],
    "AlertSinks": ["Foundation", "GRDB", "Hummingbird", "Yams"],
    "StatusServer": ["Foundation", "GRDB", "Yams"],
  ]

  static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  static func swiftFiles(of target: String) throws -> [URL] {
    let folder = sources.appending(path: target)
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
      .map { folder.appending(path: $0) }
  }

  static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      var words = line.split(separator: " ").map(String.init)[...]
      while let first = words.first,
        first.hasPrefix("@") || ["public", "package", "internal", "private"].contains(first)
      {
        words = words.dropFirst()
      }
      guard words.first == "import" else { return nil }
      words = words.dropFirst()
      if let kind = words.first, ["struct", "class", "enum", "func", "protocol"].contains(kind) {
        words = words.dropFirst()
      }
      return words.first?.split(separator: ".").first.map(String.init)
    }
  }

  @Test("no target imports from its own floor or one above", arguments: allowed.keys.sorted())
  func arrowsPointDown(target: String) throws {
    let ours = Set(Self.allowed.keys).union(Self.cTargets)
    let files = try Self.swiftFiles(of: target)
    #expect(!files.isEmpty, "the target has moved; mend this test with it")
    for file in files {
      for module in try Self.imports(of: file) where ours.contains(module) {
        #expect(Self.allowed[target]?.contains(module) == true, "\(file.lastPathComponent) imports \(module)")
      }
      for module in try Self.imports(of: file) {
        #expect(Self.forbidden[target]?.contains(module) != true, "\(file.lastPathComponent) imports \(module)")
      }
    }
  }

  @Test("pointers of libpq stay in one folder")
  func postgresPointers() throws {
    for file in try Self.swiftFiles(of: "PostgresJournal") where try Self.imports(of: file).contains("CPostgres") {
      #expect(file.deletingLastPathComponent().lastPathComponent == "Connection", "\(file.lastPathComponent)")
    }
  }

  @Test("every target of the package has its floor here")
  func complete() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
    #expect(Set(folders.filter { !$0.hasPrefix(".") }) == Set(Self.allowed.keys).union(Self.cTargets))
  }

  @Test("nothing but `endProcess` ends the process, and nothing is printed that it would lose")
  func end() throws {
    for target in Self.allowed.keys {
      for file in try Self.swiftFiles(of: target) {
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.contains("func ") {
          #expect(line.firstMatch(of: /(?:^|[^.\w`])(?:print|exit)\(/) == nil, "\(file.lastPathComponent): \(line)")
        }
      }
    }
  }

  @Test("the executable is a shell of under 40 lines")
  func shell() throws {
    for file in try Self.swiftFiles(of: "aftercare") {
      #expect(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").count < 40)
    }
  }
}

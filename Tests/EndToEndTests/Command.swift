import AftercareTesting
import Foundation

/// The real executable, run to its end without holding a thread.
enum Command {
  struct Answer {
    var status: Int32
    var output: String
  }

  /// With the configuration of a region.
  static func run(_ region: Region, _ words: String...) async throws -> Answer { try await run(region, words) }

  static func run(_ region: Region, _ words: [String]) async throws -> Answer {
    try await run(words + ["--config", region.configurationFile.path])
  }

  static func run(_ words: [String], environment: [String: String] = [:]) async throws -> Answer {
    let process = Process()
    let file = FileManager.default.temporaryDirectory.appending(path: "aftercare-output-\(UUID().uuidString)")
    guard FileManager.default.createFile(atPath: file.path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    defer { try? FileManager.default.removeItem(at: file) }
    let handle = try FileHandle(forWritingTo: file)
    process.executableURL = ProcessTests.executable
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    await process.exited()
    return Answer(status: process.terminationStatus, output: try String(contentsOf: file, encoding: .utf8))
  }
}

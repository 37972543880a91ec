import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Testing

/// The real executable, killed and started again.
@Suite("The daemon", .timeLimit(.minutes(10)), .serialized)
struct ProcessTests {
  static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
    path: "aftercare")

  static func start(_ region: Region, log: String) throws -> Process {
    let file = region.folder.appending(path: "aftercare.yaml")
    try region.yaml().write(to: file, atomically: true, encoding: .utf8)
    let output = region.folder.appending(path: log)
    #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
    let process = Process()
    process.executableURL = executable
    process.arguments = ["run", "--config", file.path]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    return process
  }

  /// Killed as soon as the simulator has seen so many writes: after the identity, the removal, the install, the
  /// association; each time the heal goes on from the journal.
  @Test(
    "killed with SIGKILL at each stage of a heal goes on from its journal and installs nothing twice",
    arguments: [1, 2, 3, 4, 5])
  func killed(writes: Int) async throws {
    try await Region.with(speed: 60) { region in
      let first = try Self.start(region, log: "first.log")
      defer { if first.isRunning { first.terminate() } }
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      while try await region.truth().machines.reduce(0, { $0 + $1.writes }) < writes {}
      kill(first.processIdentifier, SIGKILL)
      first.waitUntilExit()
      let second = try Self.start(region, log: "second.log")
      defer { if second.isRunning { second.terminate() } }
      func machine() async throws -> SimulatorTruth.Machine? {
        try await region.truth().machines.first { $0.item == "erp-app-01" && $0.role == "live" }
      }
      while try await StatusReport(configuration: region.configuration()).counts["healed"] != 1 {}
      let healed = try #require(try await machine())
      #expect(healed.extensions.count == 2)
      #expect(healed.extensions.allSatisfy { $0.installsStarted == 1 && $0.installsSucceeded == 1 })
      #expect(healed.sendingSince != nil)
      second.terminate()
      second.waitUntilExit()
      #expect(second.terminationStatus == 0, "SIGTERM ends it in good order")
      let log = try String(contentsOf: region.folder.appending(path: "second.log"), encoding: .utf8)
      #expect(log.contains("event=heal.resumed"))
      #expect(log.contains("event=daemon.stopped"))
    }
  }

  @Test("refuses to share its state directory, and says who has it")
  func secondWriter() async throws {
    try await Region.with { region in
      let first = try Self.start(region, log: "first.log")
      defer { if first.isRunning { first.terminate() } }
      let log = region.folder.appending(path: "first.log")
      while try !String(contentsOf: log, encoding: .utf8).contains("daemon.started") {}
      let second = try Self.start(region, log: "second.log")
      second.waitUntilExit()
      #expect(second.terminationStatus == 1)
      let words = try String(contentsOf: region.folder.appending(path: "second.log"), encoding: .utf8)
      #expect(words.contains("\(first.processIdentifier)"), "\(words)")
    }
  }

  @Test("without a configuration ends with 78 and one clear line")
  func noConfiguration() throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = Self.executable
    process.arguments = ["run", "--config", "/nonexistent/aftercare.yaml"]
    process.standardError = pipe
    try process.run()
    let words = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 78)
    #expect(
      words
        == "/nonexistent/aftercare.yaml:1:1: there is no such file; name it with --config (an example is config/aftercare.yaml)\n"
    )
  }
}

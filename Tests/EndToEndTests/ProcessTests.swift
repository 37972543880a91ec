import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Testing

/// The real executable, killed and started again.
@Suite("The daemon", .timeLimit(.minutes(10)), .serialized)
struct ProcessTests {
  static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
    path: "aftercare")

  /// For a listener that must be known beforehand: below those that the kernel gives to connections, and to servers that
  /// leave the choice to it, and beside those that `script/postgres` tries.
  static func port() -> Int { .random(in: 12_000..<20_000) }

  /// - Parameter wrapper: a command that runs the executable as its last words.
  static func start(
    _ region: Region, log: String, environment: [String: String] = [:], through wrapper: [String] = [],
    _ edit: (String) -> String = { $0 }
  ) throws -> Process {
    try region.configure(edit)
    let output = region.folder.appending(path: log)
    #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
    let process = Process()
    let command = wrapper + [executable.path, "run", "--config", region.configurationFile.path]
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
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
      await first.exited()
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
      await second.exited()
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
      while try !String(contentsOf: log, encoding: .utf8).contains("daemon.started") {
        try await Task.sleep(for: .milliseconds(20))
      }
      let second = try Self.start(region, log: "second.log")
      await second.exited()
      #expect(second.terminationStatus == 1)
      let words = try String(contentsOf: region.folder.appending(path: "second.log"), encoding: .utf8)
      #expect(words.contains("\(first.processIdentifier)"), "\(words)")
    }
  }

  @Test("waits for approval and minds a pause, both given by commands beside it")
  func orders() async throws {
    try await Region.with { region in
      let daemon = try Self.start(region, log: "daemon.log") { "mode: approve\n" + $0 }
      defer { if daemon.isRunning { daemon.terminate() } }
      func counts() async throws -> [String: Int] {
        (try? await StatusReport(configuration: region.configuration()).counts) ?? [:]
      }
      while try await counts()["watched"] != 6 {}
      let pause = try await Command.run(region, "pause", "--reason", "change freeze")
      #expect(pause.status == 0, "\(pause.output)")
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      while try await counts()["held"] != 1 {}
      let status = try await Command.run(region, "status")
      #expect(status.output.contains("PAUSED") && status.output.contains("change freeze"), "\(status.output)")
      let unknown = try await Command.run(region, "approve", "nobody")
      #expect(unknown.status == 1 && unknown.output.contains("nobody"), "\(unknown.output)")
      let resume = try await Command.run(region, "resume")
      #expect(resume.status == 0, "\(resume.output)")
      let again = try await Command.run(region, "resume")
      #expect(again.status == 1 && again.output.contains("no brake is on"), "\(again.output)")
      // Both brakes were on: the approval is still missing.
      let writes = try await region.truth().machines.reduce(0) { $0 + $1.writes }
      #expect(writes == 0)
      var approve = try await Command.run(region, "approve", "erp-app-01")
      while approve.status != 0 { approve = try await Command.run(region, "approve", "erp-app-01") }
      #expect(approve.output.contains("erp-app-01"))
      while try await counts()["healed"] != 1 {}
    }
  }

  @Test("without a configuration ends with 78 and one clear line")
  func noConfiguration() async throws {
    let answer = try await Command.run(["run", "--config", "/nonexistent/aftercare.yaml"])
    #expect(answer.status == 78)
    #expect(
      answer.output
        == "/nonexistent/aftercare.yaml:1:1: there is no such file; name it with --config (an example is config/aftercare.yaml)\n"
    )
  }
}

import AftercareTesting
import Foundation
import Testing

/// `aftercare check`, by the real executable.
@Suite("The command check", .timeLimit(.minutes(10)))
struct CheckCommandTests {
  /// Runs the command to its end, without keeping a thread: the simulator that answers it lives in this process.
  /// - Parameter wrapper: a command that runs the executable as its last words.
  private static func run(
    _ region: Region, _ edit: (String) -> String = { $0 }, _ words: [String] = [], through wrapper: [String] = []
  ) async throws -> (status: Int32, output: String) {
    let file = region.configurationFile
    try edit(PreflightTests.yaml(region)).write(to: file, atomically: true, encoding: .utf8)
    let output = region.folder.appending(path: "output")
    #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
    let command = wrapper + [ProcessTests.executable.path, "check", "--config", file.path] + words
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do {
        try process.run()
      } catch {
        ended.resume(throwing: error)
      }
    }
    return (process.terminationStatus, try String(contentsOf: output, encoding: .utf8))
  }

  @Test("ends with 0 and a line a check when all is well")
  func good() async throws {
    try await Region.with("least-rights", speed: 1) { region in
      let (status, output) = try await Self.run(region)
      #expect(status == 0, "\(output)")
      let lines = output.split(separator: "\n")
      #expect(lines.dropLast().allSatisfy { $0.hasPrefix("pass  ") }, "\(output)")
      #expect(
        lines.last == "if everything failed over now: 2 of 2 items would come back whole, 9 of 9 parts", "\(output)")
    }
  }

  @Test("ends with 0 when there are only warnings")
  func warnings() async throws {
    let skewed = "clockSkew: -120\n" + PreflightTests.scenario
    try await Region.with(yaml: skewed, speed: 1) { region in
      let (status, output) = try await Self.run(region)
      #expect(status == 0 && output.contains(#/\nwarn  clock +this host's clock: /#), "\(output)")
    }
  }

  @Test("ends with 2 when something failed, with the remedy and what would be lost")
  func failed() async throws {
    let planted = PlantedFault.roles(at: PlantedFault.recovery, "")(PreflightTests.scenario)
    try await Region.with(yaml: planted, speed: 1) { region in
      let (status, output) = try await Self.run(region)
      #expect(status == 2)
      let line = output.split(separator: "\n").first {
        $0.hasPrefix("fail  permissions ") && $0.contains(" \(PlantedFault.recovery): ")
      }
      #expect(line?.contains(". Remedy: az role assignment create ") == true, "\(output)")
      #expect(output.contains("0 of 2 items would come back whole, 0 of 9 parts"), "\(output)")
      #expect(output.contains(/\nITEM +TO +COMES BACK +WOULD BE LOST\n/), "\(output)")
      #expect(output.contains(#/\nerp-app-01 +ukwest +0 of 4 +identity, AzureMonitorLinuxAgent, /#), "\(output)")
    }
  }

  @Test("ends with 78 and every line that is wrong when the configuration is")
  func configuration() async throws {
    try await Region.with("least-rights", speed: 1) { region in
      let broken = { (yaml: String) in
        yaml.replacing("cloud: simulator", with: "clowd: simulator").replacing("{os: windows}", with: "{os: beos}")
      }
      let (status, output) = try await Self.run(region, broken)
      #expect(status == 78)
      let file = region.configurationFile.path
      #expect(output.contains("\(file):1:1: unknown key 'clowd'") && output.contains("\(file):11:"), "\(output)")
      let json = try await Self.run(region, broken, ["--json"])
      #expect(json.status == 78)
      let report = try JSONDecoder().decode(Report.self, from: Data(json.output.utf8))
      #expect(report.outcome == "fail" && report.checks.allSatisfy { $0.check == "configuration" && $0.remedy != nil })
      #expect(report.readiness == nil)
    }
  }

  /// What docs/check.md promises.
  struct Report: Decodable {
    struct Check: Decodable {
      var check: String
      var outcome: String
      var subject: String
      var found: String
      var remedy: String?
    }
    struct Loss: Decodable {
      var part: String
      var reason: String
      var remedy: String
      var wantsPerson: Bool
    }
    struct Machine: Decodable {
      var item: String
      var itemID: String
      var vault: String
      var region: String
      var parts: Int
      var returning: Int
      var score: Double
      var lost: [Loss]
    }
    struct Readiness: Decodable {
      var items: Int
      var ready: Int
      var parts: Int
      var returning: Int
      var machines: [Machine]
    }
    var outcome: String
    var checks: [Check]
    var readiness: Readiness?
  }

  @Test("prints the JSON that is documented")
  func json() async throws {
    let versions = "versions: [{location: ukwest, type: AzureMonitorLinuxAgent, versions: []}]\n"
    try await Region.with(yaml: versions + PreflightTests.scenario, speed: 1) { region in
      let (status, output) = try await Self.run(region, { $0 }, ["--json"])
      #expect(status == 2)
      let report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
      #expect(report.outcome == "fail" && report.readiness?.ready == 1 && report.readiness?.items == 2)
      #expect(report.checks.filter { $0.outcome != "pass" }.map(\.check) == ["extensionVersion"])
      #expect(report.readiness?.machines.map(\.item) == ["erp-app-01"])
    }
  }

  /// A disk that is nearly full is a file system of its own, in a namespace of its own.
  @Test(
    "measures the disk of the state directory", .enabled(if: FullDiskTests.canMount, "it needs `unshare -rm`"),
    arguments: [(50, 2, "fail"), (500, 0, "warn")])
  func disk(mebibytes: Int, status: Int32, outcome: String) async throws {
    try await Region.with("least-rights", speed: 1) { region in
      let state = region.folder.appending(path: "state").path
      try FileManager.default.createDirectory(
        atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let mount = "mount -t tmpfs -o size=\(mebibytes)m,mode=0700 tmpfs \"$0\" && exec \"$@\""
      let (ended, output) = try await Self.run(
        region, through: ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", mount, state])
      #expect(ended == status, "\(output)")
      #expect(
        output.contains(" \(state): \(mebibytes) MiB free. Remedy: Free space")
          && output.contains("\n\(outcome)  disk "), "\(output)")
    }
  }
}

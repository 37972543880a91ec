import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import SQLiteJournal
import Testing

/// The state directory, by the command line.
@Suite("The state", .timeLimit(.minutes(10)), .serialized)
struct StateTests {
  @Test("is backed up while the daemon heals, restored after it has gone, and goes on from there")
  func backupAndRestore() async throws {
    try await Region.with(speed: 60) { region in
      let backup = region.folder.appending(path: "backup.sqlite").path
      let first = try ProcessTests.start(region, log: "first.log")
      defer { if first.isRunning { first.terminate() } }
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      while try await region.truth().machines.reduce(0, { $0 + $1.writes }) < 3 {}
      let made = try await Command.run(region, "state", "backup", backup)
      #expect(made.status == 0 && made.output.contains("6 items"), "\(made.output)")
      let again = try await Command.run(region, "state", "backup", backup)
      #expect(again.status == 1 && again.output.contains("--force"), "\(again.output)")
      let refused = try await Command.run(region, "state", "restore", backup, "--force")
      #expect(refused.status == 1 && refused.output.contains("process \(first.processIdentifier)"), "\(refused.output)")
      kill(first.processIdentifier, SIGKILL)
      await first.exited()
      let restored = try await Command.run(region, "state", "restore", backup, "--force")
      #expect(restored.status == 0 && restored.output.contains("journal.sqlite.replaced-"), "\(restored.output)")
      let second = try ProcessTests.start(region, log: "second.log")
      defer { if second.isRunning { second.terminate() } }
      while try await StatusReport(configuration: region.configuration()).counts["healed"] != 1 {}
      let live = try #require(
        try await region.truth().machines.first { $0.item == "erp-app-01" && $0.role == "live" })
      #expect(live.extensions.allSatisfy { $0.installsStarted == 1 && $0.installsSucceeded == 1 })
    }
  }

  @Test("that is damaged keeps the daemon from starting, and both commands from guessing, with the file and the remedy")
  func damaged() async throws {
    try await Region.with { region in
      try region.configure()
      let state = region.folder.appending(path: "state")
      _ = try JournalDatabase(directory: state.path, access: .readWrite)
      let file = state.appending(path: "journal.sqlite")
      let whole = try Data(contentsOf: file)
      try whole.prefix(whole.count / 2).write(to: file)
      try FileManager.default.removeItem(at: state.appending(path: "journal.sqlite-wal"))
      for words in [["run"], ["state", "backup", state.path + "/backup"]] {
        let answer = try await Command.run(region, words)
        #expect(answer.status == 1, "\(words)")
        #expect(answer.output.contains(file.path) && answer.output.contains("is damaged"), "\(answer.output)")
        #expect(answer.output.contains("restore"), "\(answer.output)")
      }
    }
  }

  @Test("is not watched with a crash point that makes no sense: it says what is allowed")
  func crashPoint() async throws {
    try await Region.with { region in
      for text in ["", "journal", "journal:0:after", "request:1", "journal:1:later", "disk:1:before"] {
        let process = try ProcessTests.start(region, log: "wrong.log", environment: ["AFTERCARE_CRASH_AT": text])
        await process.exited()
        #expect(process.terminationReason == .exit && process.terminationStatus == 1)
        let words = try String(contentsOf: region.folder.appending(path: "wrong.log"), encoding: .utf8)
        #expect(words.contains("AFTERCARE_CRASH_AT: '\(text)'") && words.contains("journal:N:before"), "\(words)")
      }
    }
  }
}

import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Testing

/// The state on its way into a database and back, by the command line.
@Suite("A state that moves", .timeLimit(.minutes(10)), .serialized)
struct MovingTests {
  @Test("goes into a database in the middle of a heal, which goes on there, and back into a directory")
  func thereAndBack() async throws {
    let server = try await DatabaseServer.start()
    defer { server.close() }
    let url = server.url
    try await Region.with(speed: 60) { region in
      let shared = { (yaml: String) in
        yaml + "journal: {url: \"\(url)\", secret: a secret of the tests, lease: 5s}\n"
      }
      let back = region.folder.appending(path: "back").path
      let first = try ProcessTests.start(region, log: "first.log")
      defer { if first.isRunning { first.terminate() } }
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      while try await region.truth().machines.reduce(0, { $0 + $1.writes }) < 3 {}

      let unnamed = try await Command.run(region, "state", "copy")
      #expect(unnamed.status == 1 && unnamed.output.contains("names no database"), "\(unnamed.output)")
      try region.configure(shared)
      let used = try await Command.run(region, "state", "copy")
      #expect(used.status == 1 && used.output.contains("process \(first.processIdentifier)"), "\(used.output)")
      kill(first.processIdentifier, SIGKILL)
      await first.exited()
      let copied = try await Command.run(region, "state", "copy")
      #expect(copied.status == 0 && copied.output.contains("6 items") && copied.output.contains("1 sink"), "\(copied)")
      #expect(!copied.output.contains("without their addresses"), "\(copied.output)")
      let password = try #require(URLComponents(string: url)?.password)
      #expect(!copied.output.contains(password))
      let again = try await Command.run(region, "state", "copy")
      #expect(again.status == 1 && again.output.contains("is not empty: it has 6 items"), "\(again.output)")
      let before = try await events(Assembly(configuration: region.configuration()))
      #expect(try await events(Assembly(configuration: region.configuration(shared))) == before)

      let second = try ProcessTests.start(region, log: "second.log", shared)
      defer { if second.isRunning { second.terminate() } }
      while try await StatusReport(configuration: region.configuration(shared)).counts["healed"] != 1 {}
      let live = try #require(
        try await region.truth().machines.first { $0.item == "erp-app-01" && $0.role == "live" })
      #expect(live.extensions.allSatisfy { $0.installsStarted == 1 && $0.installsSucceeded == 1 })
      let held = try await Command.run(region, "state", "copy", "--back", "--to", back)
      #expect(held.status == 1 && held.output.contains("is looked after by instance"), "\(held.output)")
      for words in [["backup", "x.sqlite"], ["restore", "x.sqlite"]] {
        let refused = try await Command.run(region, ["state"] + words)
        #expect(refused.status == 1 && refused.output.contains("the journal is a database"), "\(refused.output)")
      }
      second.terminate()
      await second.exited()

      let returned = try await Command.run(region, "state", "copy", "--back", "--to", back)
      #expect(returned.status == 0 && returned.output.contains("to \(back)"), "\(returned.output)")
      let directory = { (yaml: String) in yaml.replacing("state: ./state", with: "state: ./back") }
      let after = try await events(Assembly(configuration: region.configuration(directory)))
      let left = try await events(Assembly(configuration: region.configuration(shared)))
      #expect(after == left)
      #expect(after.prefix(before.count).elementsEqual(before))
      let third = try ProcessTests.start(region, log: "third.log", directory)
      defer { if third.isRunning { third.terminate() } }
      while try await events(Assembly(configuration: region.configuration(directory))).count == after.count {}
      #expect(try await StatusReport(configuration: region.configuration(directory)).counts["healed"] == 1)
      third.terminate()
      await third.exited()
      #expect(third.terminationStatus == 0)
    }
  }

  private func events(_ assembly: Assembly) async throws -> [RecordedEvent] {
    try await assembly.journalForReading().events(after: 0, limit: 100_000)
  }
}

import AftercareApp
import AftercareTesting
import Foundation
import Testing

/// A disk that is really full: the daemon's state directory is a small file system of its own, in a namespace of its own.
@Suite("A full disk", .timeLimit(.minutes(10)))
struct FullDiskTests {
  static let canMount: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/unshare")
    process.arguments = ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(
    "holds a heal up before anything is begun, and nothing is lost when there is room again",
    .enabled(if: canMount, "it needs `unshare -rm`"))
  func full() async throws {
    try await Region.with(speed: 60) { region in
      let state = region.folder.appending(path: "state").path
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
      let mount = #"mount -t tmpfs -o size=8m,mode=0700 tmpfs "$0" && exec "$@""#
      let daemon = try ProcessTests.start(
        region, log: "daemon.log", through: ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", mount, state]
      ) { $0 + "logging: {level: debug}\n" }
      defer { if daemon.isRunning { daemon.terminate() } }
      func log() throws -> String {
        try String(contentsOf: region.folder.appending(path: "daemon.log"), encoding: .utf8)
      }
      while try log().matches(of: /event=item.added/).count < 6 {}
      // The same directory, as the daemon sees it.
      let filler = "/proc/\(daemon.processIdentifier)/root\(state)/filler"
      // That a line is told is noted right behind it, where nobody outside can look: without room it is told again.
      try await Task.sleep(for: .seconds(1))
      #expect(FileManager.default.createFile(atPath: filler, contents: nil))
      let handle = try #require(FileHandle(forWritingAtPath: filler))
      while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      // It is tried again and again.
      while try log().matches(of: /the journal does not take a change/).count < 3 {}
      let words = try log()
      #expect(words.contains("Free space on the disk"), "\(words)")
      #expect(try await region.truth().machines.allSatisfy { $0.writes == 0 }, "what cannot be written is not begun")
      #expect(words.matches(of: /ERROR\s+the journal does not take a change/).count == 1, "it is said once: \(words)")
      try handle.close()
      try FileManager.default.removeItem(atPath: filler)
      while try !log().contains("event=heal.healed") {}
      let live = try #require(try await region.truth().machines.first { $0.item == "erp-app-01" && $0.role == "live" })
      #expect(live.extensions.allSatisfy { $0.installsStarted == 1 && $0.installsSucceeded == 1 })
      daemon.terminate()
      await daemon.exited()
      let told = try log().matches(of: /\ssequence=([0-9]+)/).compactMap { Int($0.1) }
      #expect(told == Array(1...told.count), "no event is missing or doubled")
    }
  }
}

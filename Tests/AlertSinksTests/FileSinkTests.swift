import AlertSinks
import Foundation
import RecoveryCore
import Testing

@Suite("A file of events", .timeLimit(.minutes(10)))
struct FileSinkTests {
  private static func sink(
    _ file: URL, rotateAt: Int? = nil, keep: Int = 10, gzip: Bool = true, size: Int = 0
  ) -> FileSink {
    let filling = String(repeating: "x", count: size)
    return FileSink(
      name: "file", filter: .level(.info), path: file.path, rotateAt: rotateAt, keep: keep, gzip: gzip
    ) { "\($0.sequence) \($0.event.kind.rawValue)\(filling)" }
  }

  private static func lines(_ file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  private static func numbers(_ lines: [String]) -> [Int] {
    lines.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
  }

  @Test("is appended to, belongs to its owner alone, and goes on after a restart")
  func appended() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "events.log")
      try await Self.sink(file).deliver([alert(1), alert(2)])
      try await Self.sink(file).deliver([alert(3, .alertResolved)])
      #expect(try Self.lines(file) == ["1 alert.raised", "2 alert.raised", "3 alert.resolved"])
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test("is rotated by size: gunzip reads what was set aside, and nothing is missing or doubled")
  func rotated() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "events.log")
      // Larger than a piece of the compressor, so that it goes round more than once.
      let sink = Self.sink(file, rotateAt: 200_000, keep: 3, size: 30_000)
      for number in 1...20 { try await sink.deliver([alert(Int64(number))]) }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["events.log", "events.log.1.gz", "events.log.2.gz", "events.log.3.gz"])
      var kept: [Int] = []
      for name in ["events.log.3.gz", "events.log.2.gz", "events.log.1.gz"] {
        let archive = folder.appending(path: name)
        let mode = try FileManager.default.attributesOfItem(atPath: archive.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        kept += Self.numbers(try Self.gunzip(archive))
      }
      kept += Self.numbers(try Self.lines(file))
      #expect(kept == Array(1...20))
    }
  }

  @Test("keeps as many as it is told to, and leaves them as they are when it is told so")
  func keeps() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "events.log")
      let sink = Self.sink(file, rotateAt: 20, keep: 2, gzip: false)
      for number in 1...6 { try await sink.deliver([alert(Int64(number))]) }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["events.log", "events.log.1", "events.log.2"])
      #expect(try Self.lines(folder.appending(path: "events.log.2")) == ["4 alert.raised"])
      #expect(try Self.lines(file) == ["6 alert.raised"])
    }
  }

  @Test("is opened anew after somebody else has renamed or removed it")
  func renamed() async throws {
    try await withFolder { folder in
      let (file, aside) = (folder.appending(path: "events.log"), folder.appending(path: "events.log.1"))
      let sink = Self.sink(file)
      try await sink.deliver([alert(1)])
      try FileManager.default.moveItem(at: file, to: aside)
      try await sink.deliver([alert(2)])
      #expect(try Self.lines(aside) == ["1 alert.raised"])
      #expect(try Self.lines(file) == ["2 alert.raised"])
      try FileManager.default.removeItem(at: file)
      try await sink.deliver([alert(3)])
      #expect(try Self.lines(file) == ["3 alert.raised"])
    }
  }

  @Test("begins a new line after one that a power cut has torn")
  func torn() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "events.log")
      try "1 alert.rai".write(to: file, atomically: true, encoding: .utf8)
      try await Self.sink(file).deliver([alert(1)])
      #expect(try Self.lines(file) == ["1 alert.rai", "1 alert.raised"])
    }
  }

  @Test("says no while the disk is full, and has nothing of what it did not take")
  func full() async throws {
    let full = FileSink(name: "file", filter: .level(.info), path: "/dev/full") { _ in "a line" }
    let error = try #require(await #expect(throws: SinkError.self) { try await full.deliver([alert(1)]) })
    #expect(error.kind == .unavailable)
    #expect(error.message == "cannot write to /dev/full: No space left on device")
    try await withFolder { folder in
      let missing = Self.sink(folder.appending(path: "none/events.log"))
      await #expect(throws: SinkError.self) { try await missing.deliver([alert(1)]) }
      try FileManager.default.createDirectory(
        at: folder.appending(path: "none"), withIntermediateDirectories: false)
      try await missing.deliver([alert(1)])
      #expect(try Self.lines(folder.appending(path: "none/events.log")) == ["1 alert.raised"])
    }
  }

  private static func gunzip(_ archive: URL) throws -> [String] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/gunzip")
    process.arguments = ["--stdout", archive.path]
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

import AftercareApp
import AftercareTesting
import Foundation
import Glibc
import RecoveryCore
import Reporting
import Testing

/// The daemon as a service manager has it.
@Suite("The service", .timeLimit(.minutes(10)), .serialized)
struct ServiceTests {
  /// A configuration with another rhythm, and what the daemon says of it.
  @Test("reads its configuration again on SIGHUP: all of it, or nothing when anything is wrong")
  func reload() async throws {
    try await Region.with { region in
      let daemon = try ProcessTests.start(region, log: "daemon.log") { "mode: observe\n" + $0 }
      defer { if daemon.isRunning { daemon.terminate() } }
      let log = region.folder.appending(path: "daemon.log")
      func says(_ words: String) async throws {
        while try !String(contentsOf: log, encoding: .utf8).contains(words) {
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      try await says("event=daemon.started")
      try region.configure { "mode: heal\nwacth: {items: 1s}\n" + $0 }
      kill(daemon.processIdentifier, SIGHUP)
      try await says("event=configuration.refused")
      try await says("unknown key 'wacth'; did you mean 'watch'?")
      try region.configure { "mode: heal\n" + $0.replacing("state: ./state", with: "state: ./elsewhere") }
      kill(daemon.processIdentifier, SIGHUP)
      try await says("another state directory needs a restart")
      try region.configure { "mode: heal\n" + $0 }
      kill(daemon.processIdentifier, SIGHUP)
      try await says("changes=\"mode: observe → heal\"")
      // It goes on with the new one: what was only observed is healed now.
      try await region.post("failover", #"{"items": ["erp-app-01"]}"#)
      while try await StatusReport(configuration: region.configuration()).counts["healed"] != 1 {
        try await Task.sleep(for: .milliseconds(50))
      }
      kill(daemon.processIdentifier, SIGHUP)
      try await says("changes=none")
      daemon.terminate()
      await ServiceTests.end(of: daemon)
      #expect(daemon.terminationStatus == 0)
    }
  }

  @Test("tells its service manager that it is ready, alive, reloading and stopping")
  func notifies() async throws {
    try await Region.with { region in
      let path = region.folder.appending(path: "notify").path
      let socket = try DatagramSocket(path)
      let daemon = try ProcessTests.start(
        region, log: "daemon.log", environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "300000"])
      defer { if daemon.isRunning { daemon.terminate() } }
      try await socket.receives("READY=1")
      for _ in 0..<3 { try await socket.receives("WATCHDOG=1") }
      try region.configure { "mode: observe\n" + $0 }
      kill(daemon.processIdentifier, SIGHUP)
      try await socket.receives("RELOADING=1\nMONOTONIC_USEC=")
      try await socket.receives("READY=1")
      daemon.terminate()
      try await socket.receives("STOPPING=1")
      await ServiceTests.end(of: daemon)
      #expect(daemon.terminationStatus == 0)
    }
  }

  /// The service manager sends it once; so does a person.
  @Test("hears a signal that comes before its watch runs, or between two of them")
  func earlySignals() async throws {
    try await Region.with { region in
      let path = region.folder.appending(path: "notify").path
      let socket = try DatagramSocket(path)
      let daemon = try ProcessTests.start(region, log: "daemon.log", environment: ["NOTIFY_SOCKET": path])
      defer { if daemon.isRunning { daemon.terminate() } }
      for turn in 0..<20 {
        try await socket.receives("READY=1")
        try region.configure { "mode: \(turn.isMultiple(of: 2) ? "observe" : "heal")\n" + $0 }
        kill(daemon.processIdentifier, SIGHUP)
        try await socket.receives("RELOADING=1")
      }
      daemon.terminate()
      try await socket.receives("STOPPING=1")
      await ServiceTests.end(of: daemon)
      #expect(daemon.terminationStatus == 0)
    }
  }

  @Test("ends in good order although somebody looks at its page, and minds a port that is taken")
  func page() async throws {
    try await Region.with { region in
      let port = ProcessTests.port()
      let first = try ProcessTests.start(region, log: "first.log") { "listener: {port: \(port)}\n" + $0 }
      defer { if first.isRunning { first.terminate() } }
      let url = try #require(URL(string: "http://127.0.0.1:\(port)/api/v1/events/stream"))
      let stream = Process()
      stream.executableURL = URL(filePath: "/usr/bin/env")
      stream.arguments = [
        "curl", "-sN", "--retry", "50", "--retry-connrefused", "--retry-delay", "0", url.absoluteString,
      ]
      let pipe = Pipe()
      stream.standardOutput = pipe
      stream.standardError = FileHandle.nullDevice
      if (try? stream.run()) != nil {
        // The first bytes are there: somebody looks.
        _ = await Task.detached { pipe.fileHandleForReading.availableData }.value
      }
      let second = try ProcessTests.start(region, log: "second.log") {
        "listener: {port: \(port)}\n" + $0.replacing("state: ./state", with: "state: ./second")
      }
      defer { if second.isRunning { second.terminate() } }
      let log = region.folder.appending(path: "second.log")
      while try !String(contentsOf: log, encoding: .utf8).contains("the status page cannot be served") {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(second.isRunning, "the watch goes on")
      first.terminate()
      await ServiceTests.end(of: first)
      #expect(first.terminationStatus == 0)
    }
  }

  @Test("heals a machine for a person while the daemon has the journal, and says how it went")
  func healBeside() async throws {
    try await Region.with { region in
      let daemon = try ProcessTests.start(region, log: "daemon.log")
      defer { if daemon.isRunning { daemon.terminate() } }
      while (try? await StatusReport(configuration: region.configuration()).counts["watched"]) != 6 {
        try await Task.sleep(for: .milliseconds(50))
      }
      try await region.post("removeExtension", #"{"items": ["erp-app-01"], "extension": "AzureMonitorLinuxAgent"}"#)
      let machine = try #require(try await region.truth().machines.first { $0.item == "erp-app-01" }?.id)
      let answer = try await Command.run(region, "heal", machine)
      #expect(answer.status == 0, "\(answer.output)")
      #expect(answer.output.contains("install AzureMonitorLinuxAgent") && answer.output.contains("healed"))
      let again = try await Command.run(region, "heal", machine)
      #expect(again.status == 0 && again.output.contains("alreadyWell"), "\(again.output)")
      let unknown = try await Command.run(region, "heal", machine + "x")
      #expect(unknown.status == 2 && unknown.output.contains("no watched machine"), "\(unknown.output)")
      #expect(daemon.isRunning)
      daemon.terminate()
      await ServiceTests.end(of: daemon)
    }
  }

  /// Waits without holding a thread.
  static func end(of process: Process) async {
    while process.isRunning { try? await Task.sleep(for: .milliseconds(20)) }
  }
}

/// Stands in for systemd.
private final class DatagramSocket: Sendable {
  private let handle: Int32

  init(_ path: String) throws {
    handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, length) }
    }
    guard bound == 0 else { throw SystemFailure(call: "bind", errno: errno) }
  }

  deinit { close(handle) }

  /// Returns at the next datagram that begins so.
  func receives(_ words: String) async throws {
    while true {
      var bytes = [UInt8](repeating: 0, count: 1024)
      let count = recv(handle, &bytes, bytes.count, 0)
      if count > 0, String(decoding: bytes.prefix(count), as: UTF8.self).hasPrefix(words) { return }
      if count <= 0 { try await Task.sleep(for: .milliseconds(10)) }
    }
  }
}

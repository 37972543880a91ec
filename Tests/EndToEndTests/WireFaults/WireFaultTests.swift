import AftercareApp
import AftercareTesting
import Foundation
import RecoveryCore
import Reporting
import Synchronization
import Testing

/// The real executable, with every read of it going wrong on the wire for a while.
///
/// `script/wire-faults` plays all of them and prints what each has cost; the suite leaves out those that take minutes.
@Suite("A watch with trouble on the wire", .timeLimit(.minutes(10)))
struct WireFaultTests {
  static let playsAll = ProcessInfo.processInfo.environment["AFTERCARE_WIRE_FAULTS"] == "all"
  static let faults = WireFault.all.filter { playsAll || !$0.isSlow }
  /// Resident memory that no fault may drive the daemon to, in MB.
  static let mostMemory = 100

  @Test("says so once, stays small, and heals when it is over", arguments: faults)
  func fault(_ fault: WireFault) async throws {
    try await Region.with { real in
      try await FaultyPeer.with(before: real, meddle: fault.meddling) { peer, region in
        try await Self.play(fault, peer, region)
      }
    }
  }

  private static func play(_ fault: WireFault, _ peer: FaultyPeer, _ region: Region) async throws {
    let daemon = try ProcessTests.start(region, log: "daemon.log")
    defer { kill(daemon.processIdentifier, SIGKILL) }
    func log() throws -> String { try String(contentsOf: region.folder.appending(path: "daemon.log"), encoding: .utf8) }
    while (try? await StatusReport(configuration: region.configuration()).counts["watched"]) != 6 {
      try await Task.sleep(for: .milliseconds(50))
    }
    let before = Self.memory(of: daemon)
    peer.turn(on: true)
    while try !log().contains("event=sweep.failed") { try await Task.sleep(for: .milliseconds(50)) }
    let took = peer.firstHit.map { ContinuousClock.now - $0 } ?? .zero
    peer.turn(on: false)
    try await region.post("failover", #"{"all": true}"#)
    while try log().components(separatedBy: "event=heal.healed").count <= 6 {
      try await Task.sleep(for: .milliseconds(50))
    }
    let text = try log()
    #expect(daemon.isRunning)
    #expect(text.components(separatedBy: "event=sweep.failed").count == 2, "said once")
    #expect(text.contains("event=sweep.recovered"))
    let memory = Self.memory(of: daemon)
    #expect(memory < Self.mostMemory, "\(fault.name)")
    // Kept connections, and the journal's readers: nothing that the fault has left open.
    #expect(try Self.descriptors(of: daemon) <= 80, "\(fault.name)")
    let line = text.split(separator: "\n").first { $0.contains("event=sweep.failed") } ?? ""
    Self.table.add(fault.name, Self.field("code", in: line), peer.hits, took, before, memory)
  }

  /// What can be wrong before a word is said.
  enum Handshake: String, CaseIterable, Sendable {
    case endless = "TLS handshake that never ends"
    case expired = "TLS certificate that has expired"
    case otherName = "TLS certificate for another name"
    case unknown = "TLS certificate that nobody vouches for"

    static let played = allCases.filter { playsAll || $0 != .endless }

    /// Runs `body` with the port of a server of that kind.
    func serve(_ body: (Int) async throws -> Void) async throws {
      if self == .endless {
        let server = try LoopbackServer { _ in [.stall] }
        defer { server.close() }
        return try await body(Int(server.port))
      }
      let server = try TLSServer(
        name: self == .otherName ? "DNS:management.example" : "IP:127.0.0.1", days: self == .expired ? -1 : 2)
      defer { server.close() }
      try await body(server.port)
    }
  }

  @Test(
    "says so once and stays small where nobody proves to be Azure", .enabled(if: TLSServer.openssl != nil),
    arguments: Handshake.played)
  func handshake(_ fault: Handshake) async throws {
    try await Region.with { real in
      try await fault.serve { port in
        var region = real
        region.endpoint = "https://127.0.0.1:\(port)"
        let start = ContinuousClock.now
        let daemon = try ProcessTests.start(region, log: "daemon.log")
        defer { kill(daemon.processIdentifier, SIGKILL) }
        let log = region.folder.appending(path: "daemon.log")
        var lines: [Substring] = []
        while lines.isEmpty {
          try await Task.sleep(for: .milliseconds(50))
          lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").filter {
            $0.contains("event=sweep.failed")
          }
        }
        let took = ContinuousClock.now - start
        let memory = Self.memory(of: daemon)
        #expect(daemon.isRunning && memory < Self.mostMemory)
        Self.table.add(fault.rawValue, Self.field("code", in: lines[0]), 1, took, memory, memory)
      }
    }
  }

  static let table = FaultTable()

  /// The most that the process has had resident, in MB.
  static func memory(of process: Process) -> Int {
    let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
  }

  static func descriptors(of process: Process) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count
  }

  private static func field(_ name: String, in line: Substring) -> String {
    let value = line.split(separator: " ").first { $0.hasPrefix("\(name)=") }
    return value.map { String($0.dropFirst(name.count + 1)) } ?? "?"
  }
}

/// Prints a row of the table of `docs/robustness.md` for each fault.
final class FaultTable: Sendable {
  private let isBegun = Mutex(false)

  func add(_ name: String, _ code: String, _ hits: Int, _ took: Duration, _ before: Int, _ most: Int) {
    let isFirst = isBegun.withLock { isBegun in
      defer { isBegun = true }
      return !isBegun
    }
    if isFirst {
      print("| fault | said as | requests met by it | said after | memory before, most |")
      print("|---|---|---|---|---|")
    }
    let seconds = took.formatted(.units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 1)))
    print("| \(name) | `\(code)` | \(hits) | \(seconds) | \(before) MB, \(most) MB |")
  }
}

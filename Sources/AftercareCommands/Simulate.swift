import AftercareApp
import ArgumentParser
import AzureSimulator
import FoundationEssentials
import Logging

/// The simulator as a process of its own.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a simulated Azure Resource Manager on loopback.",
    discussion: """
      Prints one JSON line when it is ready: endpoint, vaults, token. GET /_simulator/truth tells what is really
      there. POST /_simulator/failover {"items": ["erp-web-01"]}, {"vault": "kv-dr-ukw"} or {"all": true} starts a
      failover; commit, reprotect, testFailover, testFailoverCleanup, changePit, disableProtection, stop, start,
      removeExtension and unknownState work alike (config/scenarios/README.md). POST /_simulator/machine arranges a
      machine's state, POST /_simulator/faults makes the next requests fail.
      """)

  @Option(help: "The scenario file; see config/scenarios.")
  var scenario: String

  @Option(help: "Address and port to listen on; port 0 takes any.")
  var listen = "127.0.0.1:0"

  @Option(help: "How many times as fast as the host's its clock runs; the scenario's own when left out.")
  var speed: Double?

  struct Ready: Encodable {
    var endpoint: String
    var vaults: [String]
    var token: String
  }

  func validate() throws {
    let parts = listen.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]), (0...65_535).contains(port) else {
      throw ValidationError("--listen expects ADDRESS:PORT, such as 127.0.0.1:8410")
    }
    guard parts[0] == "localhost" || parts[0].hasPrefix("127.") else {
      throw ValidationError("the simulator listens on loopback only, not on \(parts[0])")
    }
    if let speed, !(speed > 0 && speed <= 100_000) { throw ValidationError("--speed must be positive") }
  }

  func run() async throws {
    try await failing {
      let text: String
      do {
        text = try String(contentsOf: URL(filePath: scenario), encoding: .utf8)
      } catch {
        throw ScenarioError(message: "\(scenario): there is no such scenario; see config/scenarios")
      }
      let read = try Scenario(checking: text, file: scenario)
      let azure = SimulatedAzure(read, clock: SimulationClock(speed: speed ?? read.speed))
      let parts = listen.split(separator: ":")
      let server = SimulatorServer(
        azure, host: String(parts[0]), port: Int(parts[1]) ?? 0, logger: .quiet)
      try await server.run { endpoint in
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let ready = Ready(endpoint: endpoint, vaults: read.vaultIDs, token: read.token)
        if let line = try? encoder.encode(ready) {
          LineOutput.standardOutput.write(String(decoding: line, as: UTF8.self))
        }
      }
    }
  }
}

extension Logger {
  /// For libraries whose chatter is nobody's business here.
  static var quiet: Logger {
    var logger = Logger(label: "aftercare.simulator") { _ in
      LineLogHandler(format: .text, level: .critical, output: .standardError)
    }
    logger.logLevel = .critical
    return logger
  }
}

import AzureCloud
import AzureSimulator
import CurlTransport
import Foundation
import HTTPTypes
import RecoveryCore
import RecoverySimulation
import Synchronization

/// Does the same work a number of times, for `script/weigh` to count its instructions: `weigh sweep|life ROUNDS`. What a
/// round takes is the difference between two numbers of rounds.
@main
struct Weigh {
  static func main() {
    let words = CommandLine.arguments
    guard words.count == 3, let rounds = Int(words[2]), ["sweep", "life"].contains(words[1]) else {
      FileHandle.standardError.write(Data("usage: weigh sweep|life ROUNDS\n".utf8))
      exit(64)
    }
    // On a thread that waits: valgrind does not survive the end of the main thread, which is how an asynchronous `main`
    // begins.
    let done = DispatchSemaphore(value: 0)
    let code = Mutex<Int32>(0)
    Task.detached {
      do {
        try await words[1] == "sweep" ? sweep(rounds) : live(rounds)
      } catch {
        print("weigh: \(error)")
        code.withLock { $0 = 1 }
      }
      done.signal()
    }
    done.wait()
    exit(code.withLock { $0 })
  }

  /// Everything of a look at twenty machines but the network: requests made, budgets, answers read.
  private static func sweep(_ rounds: Int) async throws {
    let exchange = try await Replay()
    let cloud = AzureCloud(.simulator(Replay.endpoint), identity: .token("simulator-token"), exchange: exchange)
    for _ in 0..<rounds {
      var pages = cloud.itemPages(of: exchange.vault)
      while let page = try await pages.next() {
        for machine in page.items.compactMap(\.liveMachineID) {
          guard let found = try await cloud.machine(machine), found.handlers.count == 1 else {
            throw WeighError(message: "\(machine) has no handler")
          }
        }
      }
    }
  }

  /// Whole lives of the seeded simulation: failovers, heals, crashes, and the simulated cloud as well.
  private static func live(_ rounds: Int) async throws {
    for _ in 0..<rounds {
      let simulation = try Simulation(seed: 9)
      try await simulation.run()
      if let first = simulation.violations.first { throw WeighError(message: first) }
    }
  }
}

private struct WeighError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}

/// The simulator's answers, each rendered once.
private final class Replay: HTTPExchange {
  static let endpoint = "http://127.0.0.1:1"
  let vault: ResourceID
  private let azure: SimulatedAzure
  private let rendered = Mutex<[String: [UInt8]]>([:])

  init() async throws {
    let subscription = "5e000000-0000-4000-8000-000000000001"
    let scenario = try Scenario(
      yaml: """
        name: weigh
        vaults: [{name: kv, subscription: "\(subscription)", resourceGroup: rg-vaults, pageSize: 20}]
        machines:
          - name: "erp-##"
            count: 20
            os: windows
            vault: kv
            from: {location: uksouth, resourceGroup: rg-uks, subscription: "\(subscription)"}
            to: {location: ukwest, resourceGroup: rg-ukw, subscription: "\(subscription)"}
            extensions: [AzureMonitorAgent]
        """)
    guard let vault = scenario.vaultIDs.first.flatMap({ ResourceID($0) }) else {
      throw WeighError(message: "the scenario has no vault")
    }
    self.vault = vault
    azure = SimulatedAzure(scenario, clock: SimulationClock(manual: Date(timeIntervalSince1970: 1_795_000_000)))
  }

  func send(_ request: TransferRequest) async throws(TransportError) -> TransferResponse {
    if let body = rendered.withLock({ $0[request.url] }) { return answer(body, request) }
    let text = await azure.respond(
      to: SimulatedRequest(
        method: "GET", target: String(request.url.dropFirst(Replay.endpoint.count)),
        headers: ["authorization": "Bearer simulator-token"], origin: Replay.endpoint)
    ).body
    let body = Array(text.utf8)
    rendered.withLock { $0[request.url] = body }
    return answer(body, request)
  }

  private func answer(_ body: [UInt8], _ request: TransferRequest) -> TransferResponse {
    TransferResponse(
      status: .ok, fields: [.contentType: "application/json"], body: body, url: request.url, version: .http11,
      wireBytes: body.count)
  }
}

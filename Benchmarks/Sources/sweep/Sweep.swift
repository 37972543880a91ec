import ArgumentParser
import AzureCloud
import CurlTransport
import Foundation
import RecoveryCore
import Synchronization

/// One look at everything, with the parts that the daemon looks with: every page of the item list, and the instance view
/// of every machine. Budgets are out of the way; nothing is kept.
@main
struct Sweep: ParsableCommand {
  @Option var endpoint: String
  @Option(help: "The authority of its certificate, as a PEM file.") var authority: String
  @Option var vault: String
  @Option(help: "Machines that are looked at side by side.") var parallel = 16

  /// Waits for its task on a thread of its own: valgrind does not survive the end of a main thread, which is how an
  /// asynchronous one begins.
  func run() throws {
    let done = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    Task {
      do { try await look() } catch { failure.withLock { $0 = error } }
      done.signal()
    }
    done.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private func look() async throws {
    guard let vault = ResourceID(vault) else { throw ValidationError("the vault is no ARM id") }
    var transport = CurlClient.Configuration()
    transport.certificateAuthorityFile = authority
    let client = try CurlClient(configuration: transport)
    var limits = RequestBudget.Limits()
    limits.reads = RequestBudget.Limit(burst: 1_000_000, perSecond: 1_000_000)
    let cloud = AzureCloud(
      .simulator(endpoint), identity: .token("simulator-token"), budgets: limits, exchange: client)
    // As the watch does.
    try await withTaskExecutorPreference(cloud.executor) { try await look(at: vault, in: cloud) }
    await client.shutdown()
  }

  private func look(at vault: ResourceID, in cloud: AzureCloud) async throws {
    var (items, handlers) = (0, 0)
    try await withThrowingTaskGroup(of: Int.self) { group in
      var running = 0
      var pages = cloud.itemPages(of: vault)
      while let page = try await pages.next() {
        for item in page.items {
          items += 1
          guard let machine = item.liveMachineID else { continue }
          if running >= parallel, let found = try await group.next() {
            handlers += found
            running -= 1
          }
          running += 1
          group.addTask { try await cloud.machine(machine)?.handlers.count ?? 0 }
        }
      }
      for try await found in group { handlers += found }
    }
    print(#"{"items": \#(items), "handlers": \#(handlers)}"#)
  }
}

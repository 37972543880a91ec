import ArgumentParser
import Foundation
import RecoveryCore
import SQLiteJournal

/// Writes a journal as years of watching would leave it: machines that are well, each with a failover behind it, and the
/// story of all of them.
@main
struct Ledger: AsyncParsableCommand {
  @Option(help: "The state directory.") var state: String
  @Option var machines = 100_000
  @Option var events = 1_000_000

  private static let batch = 256

  func run() async throws {
    let journal = try JournalDatabase(directory: state, access: .readWrite)
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let fence = try await journal.acquire(holder: "ledger", telling: ["log"], at: now)
    for first in stride(from: 0, to: machines, by: Ledger.batch) {
      let changes = try (first..<min(first + Ledger.batch, machines)).map { number in
        JournalChange(item: try Ledger.state(number, at: now))
      }
      _ = try await journal.commit(changes, fence: fence)
    }
    for first in stride(from: 0, to: events, by: 4 * Ledger.batch) {
      let told = (first..<min(first + 4 * Ledger.batch, events)).map { Ledger.event($0, of: machines, at: now) }
      _ = try await journal.commit([JournalChange(events: told)], fence: fence)
    }
    try await journal.markDelivered(through: Int64(events), to: "log", fence: fence)
  }

  private static func id(_ text: String) throws -> ResourceID {
    guard let id = ResourceID(text) else { throw ValidationError("not an ARM id: \(text)") }
    return id
  }

  private static func machine(_ number: Int, _ region: String) throws -> ResourceID {
    try id(
      "/subscriptions/5e000000-0000-4000-8000-000000000001/resourceGroups/rg-\(region)/providers/Microsoft.Compute/virtualMachines/erp-\(number)"
    )
  }

  private static func state(_ number: Int, at now: Timestamp) throws -> ItemState {
    let vault = try id(
      "/subscriptions/5e000000-0000-4000-8000-000000000001/resourceGroups/rg-vaults/providers/Microsoft.RecoveryServices/vaults/kv-\(number % 100)"
    )
    let item = ProtectedItem(
      id: try id(
        "\(vault.text)/replicationFabrics/uksouth/replicationProtectionContainers/c/replicationProtectedItems/item-\(number)"
      ),
      name: "item-\(number)", vault: vault, friendlyName: "erp-\(number)",
      protectionState: ProtectionState("UnplannedFailoverCommitted"), activeLocation: "Recovery",
      lifecycleID: UUID().uuidString, fabricObjectID: try machine(number, "uks"),
      recoveryMachineName: "erp-\(number)", primary: .init(location: "uksouth"), recovery: .init(location: "ukwest"),
      initialPrimary: .init(location: "uksouth"))
    var state = ItemState(key: ItemIndex().key(of: item), item: item, at: now)
    let live = MachineIdentity(id: try machine(number, "ukw"), vmID: UUID().uuidString)
    let former = MachineIdentity(id: try machine(number, "uks"), vmID: UUID().uuidString)
    state.live = live
    state.former = [former]
    state.reason = .allWell
    state.failover = Failover(
      id: "kv-20260101T000000Z", cause: .liveMachineChanged, from: former, to: live, noticed: now, completed: now,
      cloudTime: now)
    state.failover?.isSettled = true
    state.legs = [
      LegVerdict(.machine, .healthy, "running"),
      LegVerdict(.agent, .healthy, "ready"),
      LegVerdict(.identity, .healthy, "SystemAssigned"),
      LegVerdict(.extension(.azureMonitorLinuxAgent), .healthy, "ProvisioningState/succeeded"),
      LegVerdict(.association("dcr-standard"), .healthy, "is there"),
    ]
    state.lastLook = now
    state.lastAssociationsLook = now
    return state
  }

  private static func event(_ number: Int, of machines: Int, at now: Timestamp) -> Event {
    let name = number % max(1, machines)
    return Event(
      .stepSucceeded, at: now, item: ItemKey("item-\(name)"), itemName: "erp-\(name)",
      machine: try? machine(name, "ukw"), heal: "heal-\(name)",
      fields: [
        "failover": "kv-20260101T000000Z", "step": "install AzureMonitorLinuxAgent", "took": "1m 12s",
        "correlationId": UUID().uuidString,
      ])
  }
}

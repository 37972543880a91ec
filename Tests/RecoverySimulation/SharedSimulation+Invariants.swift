import AftercareTesting
import CurlTransport
import HTTPTypes
import RecoveryCore
import WatchEngine

/// What must hold where several share: at each commit, at each effect, and when the life is over.
extension SharedSimulation {
  /// A commit was taken: by whoever has the vault.
  func judge(commitTo vault: ResourceID, by fence: Fence) {
    guard let lease = database.lease(of: vault), lease.fence != fence else { return }
    scene.violate("\(vault.name) took a commit with token \(fence.token), and \(lease.fence.token) is its holder's")
  }

  /// What changes something is sent by who has the vault, when it reaches Azure.
  func judge(_ flight: Flight) async {
    guard flight.changesSomething else { return }
    let process = flight.strand.process
    guard let (key, effect) = flight.strand.effect, let tenancy = flight.strand.tenancy, let watch = tenancy.watch
    else { return scene.violate("\(flight.request.method) is no effect") }
    let vault = tenancy.vault
    scene.note("\(process.instance.id) \(key) begins \(effect)")
    if let other = takings[vault]?.last(where: {
      $0.fence.token > watch.fence.token && $0.holder != process.instance.id
    }) {
      scene.violate("\(effect) of \(process.instance.id) reached Azure when \(other.holder) had taken \(vault.name)")
    }
    if let lease = database.lease(of: vault), lease.holder == process.instance.id, !lease.isHeld {
      scene.violate("\(effect) of \(process.instance.id) reached Azure when its lease of \(vault.name) was over")
    }
    let isOrphan = process.isOver || watch.isEnding || !flight.isHeard
    await watch.check(effect, for: key, isOrphan: isOrphan)
  }

  private var living: [InstanceLife] { hosts.compactMap(\.process) }

  /// Who watches each vault.
  private var watches: [ResourceID: WatchLife] {
    var watches: [ResourceID: WatchLife] = [:]
    for process in living where !process.isOver {
      for (vault, tenancy) in process.tenancies {
        guard let watch = tenancy.watch, database.lease(of: vault)?.fence == watch.fence else { continue }
        watches[vault] = watch
      }
    }
    return watches
  }

  func isAtRest() async throws -> Bool {
    let watches = watches
    guard watches.count == scene.settings.vaults.count, living.count == hosts.count else { return false }
    for watch in watches.values where try await !watch.isAtRest() { return false }
    return isEven
  }

  /// The last process is back six or seven minutes after the storm; the lease of one that was killed ends by itself, and
  /// then some beats must be enough.
  func checkSpread() {
    guard scene.now >= scene.calmFrom + 420_000 + 4 * span.inMilliseconds else { return }
    if !isEven { scene.violate("the vaults are not spread evenly: \(living.map(\.tenancies.count))") }
    for vault in scene.settings.vaults where watches[vault] == nil { scene.violate("nobody has \(vault.name)") }
  }

  private var isEven: Bool {
    let counts = living.map(\.tenancies.count)
    return (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
  }

  func judge() async throws {
    let watches = watches
    var states: ItemStates = []
    for watch in watches.values { states += await watch.fleet.all() }
    let journals = scene.settings.vaults.map { database.journal(of: $0) }
    scene.convict(try await scene.verdict(on: states, in: journals))
    var numbers: [Int64] = []
    for journal in journals { numbers += try await journal.events(about: nil, last: 1_000_000).map(\.sequence) }
    if numbers.sorted() != Array(1...Int64(max(1, numbers.count))) { scene.violate("events are numbered with gaps") }
  }
}

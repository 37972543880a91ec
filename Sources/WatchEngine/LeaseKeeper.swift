package import RecoveryCore

/// The leases of one instance: renews them, and says which vaults to let go of and which to take.
package actor LeaseKeeper {
  package struct Outcome: Sendable {
    /// Vaults whose lease another has, or had.
    package var lost: [ResourceID] = []
    package var moves = ShardSpread.Moves()
    package var picture: LeasePicture
  }

  private struct Tenancy {
    let fence: Fence
    let lease: HeldLease
  }

  private var instance: Instance
  private let leases: any Leases
  private let spread: ShardSpread
  private let span: Duration
  private let uptime: @Sendable () -> Duration
  private var held: [ResourceID: Tenancy] = [:]

  package init(
    of instance: Instance, leases: any Leases, vaults: Set<ResourceID>, span: Duration,
    uptime: @escaping @Sendable () -> Duration
  ) {
    self.instance = instance
    self.leases = leases
    spread = ShardSpread(vaults: vaults)
    self.span = span
    self.uptime = uptime
  }

  /// How often a lease is renewed: it outlives three beats that come to nothing, and a heal is not kept from going on by
  /// one of them.
  package var pause: Duration { span / 5 }

  /// Tells that the instance lives, and renews what it has.
  /// - Parameters:
  ///   - busy: vaults in which something moves: they are given away last.
  ///   - isBlind: whether nothing can be read in Azure.
  package func beat(busy: Set<ResourceID> = [], isBlind: Bool = false) async throws(JournalError) -> Outcome {
    instance.isBlind = isBlind
    let known = held
    let asked = uptime()
    let picture = try await leases.beat(
      instance, renewing: known.mapValues(\.fence), wanting: spread.vaults, for: span)
    let remaining = Dictionary(picture.leases.map { ($0.vault, $0.remaining) }) { first, _ in first }
    var outcome = Outcome(picture: picture)
    for (vault, tenancy) in known where held[vault]?.fence == tenancy.fence {
      if picture.renewed.contains(vault), let remaining = remaining[vault] {
        tenancy.lease.renew(for: remaining, asked: asked)
      } else {
        tenancy.lease.revoke()
        held[vault] = nil
        outcome.lost.append(vault)
      }
    }
    outcome.moves = spread.moves(of: instance.id, in: picture, busy: busy)
    return outcome
  }

  /// From now on the lease is renewed.
  package func hold(_ vault: ResourceID, by fence: Fence, lease: HeldLease) {
    held[vault] = Tenancy(fence: fence, lease: lease)
  }

  /// Gives a lease back, so that nobody waits for its end. Nothing may be under way in the vault any more.
  package func letGo(of vault: ResourceID) async throws(JournalError) {
    guard let tenancy = held.removeValue(forKey: vault) else { return }
    tenancy.lease.revoke()
    try await leases.release(vault, fence: tenancy.fence)
  }

  /// Gives all back, and tells that the instance ends.
  package func leave() async throws(JournalError) {
    for tenancy in held.values { tenancy.lease.revoke() }
    held = [:]
    try await leases.leave(instance.id)
  }
}

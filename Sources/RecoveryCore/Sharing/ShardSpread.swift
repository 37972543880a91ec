/// Which instance should look after which vault: each after as many as the others, give or take one.
///
/// Every instance computes it for itself from the same picture. Two that want the same vault at the same moment are told
/// apart by the journal, which gives the lease to one.
public struct ShardSpread: Sendable {
  /// What an instance should do now.
  public struct Moves: Hashable, Sendable {
    /// Free vaults that it should take, the most wanted first.
    public var take: [ResourceID] = []
    /// Vaults of its own that it should give to others.
    public var give: [ResourceID] = []

    public init() {}
  }

  /// Vaults that are configured.
  public let vaults: Set<ResourceID>

  public init(vaults: Set<ResourceID>) { self.vaults = vaults }

  /// - Parameters:
  ///   - me: who asks; it counts as alive.
  ///   - busy: vaults of mine in which something moves: they are given away last.
  public func moves(of me: InstanceID, in picture: LeasePicture, busy: Set<ResourceID> = []) -> Moves {
    var held: [InstanceID: [ResourceID]] = [me: []]
    for presence in picture.instances where presence.isAlive { held[presence.instance.id] = [] }
    var free = vaults
    for lease in picture.leases where lease.isHeld && vaults.contains(lease.vault) {
      guard let holder = lease.holder else { continue }
      free.remove(lease.vault)
      // Whoever is silent and has not lost it yet does not count among those that share.
      held[holder]?.append(lease.vault)
    }
    let mine = held[me] ?? []
    let share = share(of: me, held.mapValues(\.count), free: free.count)
    var moves = Moves()
    if mine.count < share {
      moves.take = Array(preferred(free, by: me).prefix(share - mine.count))
    } else {
      let unwanted = preferred(Set(mine), by: me).reversed()
      let order = unwanted.filter { !busy.contains($0) } + unwanted.filter { busy.contains($0) }
      moves.give = Array(order.prefix(mine.count - share))
    }
    return moves
  }

  /// How many vaults an instance should have. Where they do not divide evenly, those that have more keep one more: no
  /// vault moves for nothing.
  private func share(of me: InstanceID, _ counts: [InstanceID: Int], free: Int) -> Int {
    let order = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    let (each, rest) = (counts.values.reduce(free, +)).quotientAndRemainder(dividingBy: order.count)
    let place = order.firstIndex(of: me) ?? order.count
    return each + (place < rest ? 1 : 0)
  }

  /// In an order of the instance's own, so that several that begin at once do not all reach for the same vault.
  private func preferred(_ vaults: Set<ResourceID>, by me: InstanceID) -> [ResourceID] {
    vaults.map { (Spread.fraction(of: "\(me) \($0.key)"), $0) }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.1)
  }
}

/// Which instance should look after which vault: each after as many as the others, give or take one; and one that can
/// read nothing in Azure after none, while another can.
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
    var counts = sharing(me, in: picture)
    var free = vaults
    var mine: Set<ResourceID> = []
    for lease in picture.leases where lease.isHeld && vaults.contains(lease.vault) {
      guard let holder = lease.holder else { continue }
      free.remove(lease.vault)
      if holder == me { mine.insert(lease.vault) }
      // Of those that do not share, be they silent and have not lost it yet, nothing is counted on.
      counts[holder]? += 1
    }
    let share = counts[me] == nil ? 0 : share(of: me, counts, free: free.count)
    var moves = Moves()
    if mine.count < share {
      moves.take = Array(preferred(free, by: me).prefix(share - mine.count))
    } else {
      let unwanted = preferred(mine, by: me).reversed()
      let order = unwanted.filter { !busy.contains($0) } + unwanted.filter { busy.contains($0) }
      moves.give = Array(order.prefix(mine.count - share))
    }
    return moves
  }

  /// Those among whom the vaults are spread, each with none yet. Whoever is not in the picture has just begun.
  private func sharing(_ me: InstanceID, in picture: LeasePicture) -> [InstanceID: Int] {
    let others = picture.instances.filter { $0.isAlive && $0.instance.id != me }.map(\.instance)
    let ours = picture.instances.map(\.instance).filter { $0.id == me }
    let seeing = (others + ours).filter { !$0.isBlind }.map(\.id) + (ours.isEmpty ? [me] : [])
    let all = seeing.isEmpty ? (others + ours).map(\.id) : seeing
    return Dictionary(all.map { ($0, 0) }) { first, _ in first }
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

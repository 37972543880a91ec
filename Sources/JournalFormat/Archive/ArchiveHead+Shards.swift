import RecoveryCore

extension ArchiveHead {
  /// Of all vaults together. Nothing that a sink has yet to be told is lost, and no brake is released.
  package var together: ArchiveShard {
    ArchiveShard(vault: nil, sinks: togetherSinks, brakes: togetherBrakes, alerts: togetherAlerts)
  }

  /// A sink stands before the first event of any vault that it is still to be told. The smallest of its numbers would be
  /// that of a vault of which nothing was told for long, and have all others' events told again.
  private var togetherSinks: [String: ArchiveShard.Place] {
    shards.reduce(into: [:]) { all, shard in
      for (name, place) in shard.sinks {
        // In one shard alone, what comes behind the number is what waits.
        let delivered = shards.count == 1 ? place.delivered : place.waiting.map { $0 - 1 } ?? lastEvent
        all[name] = ArchiveShard.Place(delivered: min(delivered, all[name]?.delivered ?? .max))
      }
    }
  }

  private var togetherBrakes: Brakes? {
    let all = shards.compactMap(\.brakes)
    guard !all.isEmpty else { return nil }
    var brakes = Brakes(ofAll: all)
    brakes.trip = all.compactMap(\.trip).max { $0.until < $1.until }
    return brakes
  }

  /// One that stands in several vaults, as a brake does, stands once: as it was told.
  private var togetherAlerts: [Alert] {
    var alerts: [String: Alert] = [:]
    for alert in shards.flatMap(\.alerts) where alerts[alert.id]?.told == nil { alerts[alert.id] = alert }
    return alerts.values.sorted { $0.id < $1.id }
  }

  /// One for each vault that is watched, and for each that something was `found` of. What belongs to no vault, and the
  /// alerts of one that nobody watches, so that somebody resolves them, go to the first that is watched.
  ///
  /// Brakes hold for each that is watched, and with them the alerts that are of no vault: they are said to be over where
  /// they are released.
  package func shards(watched: Set<String>, found: Set<String>) -> [ArchiveShard] {
    guard let whole = shards.first, whole.vault == nil else { return shards }
    let home = ArchiveHead.home(among: watched)
    return watched.union(found).sorted().map { vault in
      guard watched.contains(vault) else { return ArchiveShard(vault: vault, sinks: whole.sinks) }
      return ArchiveShard(
        vault: vault, sinks: whole.sinks, brakes: whole.brakes,
        alerts: whole.alerts.filter { alert in
          guard let owner = alert.vault?.key else { return true }
          return owner == vault || (vault == home && !watched.contains(owner))
        })
    }
  }

  /// The last event that no sink waits for, in a journal that has all vaults in one; nil where vaults are apart already.
  package var toldEverywhere: Int64? {
    guard let whole = shards.first, whole.vault == nil else { return nil }
    return whole.sinks.values.map(\.delivered).min()
  }

  /// Where what belongs to no vault goes.
  package static func home(among vaults: Set<String>) -> String? { vaults.min() }
}

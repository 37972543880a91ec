import RecoveryCore

/// One of several instances: whether it lives, which vaults it looks after, and what it heals.
public struct InstanceRow: Sendable, Encodable {
  public var instance: String
  public var host: String
  public var version: String
  public var started: String
  public var isAlive: Bool
  public var silentForSeconds: Int64
  /// Whether it can read nothing in Azure.
  public var isBlind: Bool
  public var vaults: [Vault]
  /// Names of the items whose heals it has under way.
  public var heals: [String]

  public struct Vault: Sendable, Encodable {
    public var vault: String
    /// Until another may take it, unless it is renewed.
    public var leaseLeftSeconds: Int64
  }

}

extension FleetSnapshot {
  /// Those that share the vaults; nil where nothing is shared.
  public var instances: [InstanceRow]? { leases.map { InstanceRow.rows($0, states) } }
}

extension InstanceRow {
  fileprivate static func rows(_ picture: LeasePicture, _ states: ItemStates) -> [InstanceRow] {
    let held = Dictionary(grouping: picture.leases.filter(\.isHeld)) { $0.holder }
    let healing = states.filter(\.isHealing).grouped(by: \.vault)
    return picture.instances.map { presence in
      let leases = held[presence.instance.id] ?? []
      return InstanceRow(
        instance: presence.instance.id.text, host: presence.instance.host, version: presence.instance.version,
        started: presence.instance.started.iso8601, isAlive: presence.isAlive,
        silentForSeconds: presence.silentFor.inMilliseconds / 1000, isBlind: presence.instance.isBlind,
        vaults: leases.map { Vault(vault: $0.vault.name, leaseLeftSeconds: $0.remaining.inMilliseconds / 1000) },
        heals: leases.flatMap { healing[$0.vault] ?? [] }.map(\.name).sorted())
    }
  }
}

import RecoveryCore

/// Which machines an item has run on: the history of its failovers, kept beyond the few that its state remembers.
enum MachineTable {
  private struct Entry {
    var item: ItemKey
    var machine: MachineIdentity
    var role: String
    var at: Timestamp
  }

  /// A machine that was never read has an empty `vm_id`.
  static func write(_ entries: [ItemTable.Entry], in shard: String) -> Statement? {
    let machines = entries.flatMap { entry in
      // Oldest first, so that what is said last, the live machine's role, holds.
      entry.item.former.reversed().map { Entry(item: entry.item.key, machine: $0, role: "former", at: entry.at) }
        + (entry.item.live.map { [Entry(item: entry.item.key, machine: $0, role: "live", at: entry.at)] } ?? [])
    }
    guard !machines.isEmpty else { return nil }
    return Statement(
      """
      SELECT aftercare_machines(
        $1, $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
      """,
      .text(shard), .texts(machines.map(\.item.text)), .texts(machines.map(\.machine.id.key)),
      .texts(machines.map { $0.machine.vmID ?? "" }), .texts(machines.map(\.machine.id.name)),
      .texts(machines.map(\.role)), .numbers(machines.map(\.at.milliseconds)))
  }

  /// Forgets machines that ceased to be live before a time; every failover leaves one.
  static func prune(in shard: String, before: Timestamp) -> Statement {
    Statement(
      "DELETE FROM machine WHERE shard = $1 AND role = 'former' AND last_seen < $2", .text(shard),
      .number(before.milliseconds))
  }
}

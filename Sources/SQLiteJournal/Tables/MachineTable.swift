import GRDB
import RecoveryCore

/// Which machines an item has run on: the history of its failovers, kept beyond the few that its state remembers.
enum MachineTable {
  /// A machine that was never read has an empty `vm_id`.
  static func write(_ db: Database, _ item: ItemState, at now: Timestamp) throws {
    let key = item.key.text
    // Oldest first, so that what is said last, the live machine's role, holds.
    for machine in item.former.reversed() {
      try adoptVMID(db, of: machine)
      try upsert(db, machine, of: key, role: "former", at: now)
    }
    if let live = item.live {
      try adoptVMID(db, of: live)
      try db.run(
        sql: "UPDATE machine SET role = 'former' WHERE item_key = ? AND role = 'live' AND NOT (id = ? AND vm_id = ?)",
        arguments: [key, live.id.key, live.vmID ?? ""])
      try upsert(db, live, of: key, role: "live", at: now)
    }
  }

  /// Forgets machines that ceased to be live before a time; every failover leaves one.
  static func prune(_ db: Database, before: Timestamp) throws {
    try db.run(
      sql: "DELETE FROM machine WHERE role = 'former' AND last_seen < ?", arguments: [before.milliseconds])
  }

  /// The row of a machine that was known by its id only becomes the row of the machine that was read.
  private static func adoptVMID(_ db: Database, of machine: MachineIdentity) throws {
    guard let vmID = machine.vmID else { return }
    try db.run(
      sql: "UPDATE OR IGNORE machine SET vm_id = ? WHERE id = ? AND vm_id = ''", arguments: [vmID, machine.id.key])
    try db.run(sql: "DELETE FROM machine WHERE id = ? AND vm_id = ''", arguments: [machine.id.key])
  }

  /// When a live machine was last seen is noted to the hour: for retention, and not with every step of a heal.
  private static let hour: Int64 = 3_600_000

  /// A live machine moves to the item that has it; a former one does not take it away again.
  private static func upsert(
    _ db: Database, _ machine: MachineIdentity, of key: String, role: String, at now: Timestamp
  ) throws {
    let vmID = machine.vmID ?? ""
    let arguments: StatementArguments = [
      machine.id.key, vmID, machine.id.name, key, role, now.milliseconds, now.milliseconds, hour,
    ]
    try db.run(
      sql: """
        INSERT INTO machine (id, vm_id, name, item_key, role, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id, vm_id) DO UPDATE SET
          item_key = excluded.item_key, role = excluded.role,
          last_seen = CASE excluded.role WHEN 'live' THEN excluded.last_seen ELSE last_seen END
        WHERE CASE excluded.role
          WHEN 'live' THEN item_key <> excluded.item_key OR role <> 'live' OR last_seen + ? <= excluded.last_seen
          ELSE item_key = excluded.item_key AND role <> excluded.role END
        """, arguments: arguments)
  }
}

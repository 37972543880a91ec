import GRDB
import JournalFormat
import RecoveryCore

/// The state of each item, without its heal: a running heal changes often and has a row of its own.
enum ItemTable {
  /// Returns whether anything had changed: a look that found what it knew writes nothing.
  static func write(_ db: Database, _ item: ItemState, at now: Timestamp) throws -> Bool {
    var bare = item
    bare.heal = nil
    let state = try JournalJSON.encode(bare)
    let arguments: StatementArguments = [
      item.key.text, item.vault.text, item.itemID.text, item.name, item.lifecycleID, item.live?.id.text,
      item.protectionState.text, item.reason.rawValue, item.heal?.id, now.milliseconds, state,
    ]
    try db.run(
      sql: """
        INSERT INTO item (
          key, vault, arm_id, name, lifecycle_id, live_machine, protection_state, reason, heal_id, updated_at, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET
          vault = excluded.vault, arm_id = excluded.arm_id, name = excluded.name,
          lifecycle_id = excluded.lifecycle_id, live_machine = excluded.live_machine,
          protection_state = excluded.protection_state, reason = excluded.reason, heal_id = excluded.heal_id,
          updated_at = excluded.updated_at, state = excluded.state
        WHERE state IS NOT excluded.state OR heal_id IS NOT excluded.heal_id
        """, arguments: arguments)
    return db.changesCount > 0
  }

  static func remove(_ db: Database, _ key: ItemKey) throws {
    try db.run(sql: "DELETE FROM item WHERE key = ?", arguments: [key.text])
  }

  /// How many are handed over at a time.
  private static let part = 512

  /// All items, in no order. One connection reads them: two threads would wait for each other at the allocator, and take
  /// longer together than one alone.
  static func read(_ db: Database, sealedBy seal: OperationSeal?, handingTo take: StateReceiver) throws {
    let expected = try Int.fetchOne(db, sql: "SELECT count(*) FROM item") ?? 0
    // By their rows and not by an index: none has been compared with the rows when the watch begins.
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT item.key AS key, item.state AS state, item.heal_id AS heal_id, heal.body AS heal
        FROM item NOT INDEXED LEFT JOIN heal ON heal.id = item.heal_id
        """)
    let reader = StateReader(sealedBy: seal)
    var keys: Set<ItemKey> = Set(minimumCapacity: expected)
    var some: [KeptState] = []
    while let row = try rows.next() {
      let item = try item(from: row, by: reader)
      guard keys.insert(item.key).inserted else {
        throw DamagedFile(finding: "item '\(item.key)' is there twice")
      }
      some.append(KeptState(item))
      guard some.count == part else { continue }
      take(some, expected)
      some.removeAll(keepingCapacity: true)
    }
    take(some, expected)
  }

  private static func item(from row: Row, by reader: StateReader) throws -> ItemState {
    let key = try row.decode(String.self, forColumn: "key")
    let state = try row.withUnsafeData(named: "state") { data in data.map { Array($0) } }
    let heal = try row.decode(String?.self, forColumn: "heal_id").map { id in
      (id: id, body: try row.decode(String?.self, forColumn: "heal"))
    }
    return try reader.item(key, from: state ?? [], heal: heal)
  }
}

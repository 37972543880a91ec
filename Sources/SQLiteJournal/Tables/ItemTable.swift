import Dispatch
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

  /// How many are read at a time.
  private static let part = 512

  /// The next items behind a row, nil at the end.
  ///
  /// By their rows and not by an index: none has been compared with the rows when the watch begins.
  fileprivate static func rows(_ db: Database, after row: Int64) throws -> ItemRows? {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT item.rowid, item.key, item.state, item.heal_id, heal.body
        FROM item NOT INDEXED LEFT JOIN heal ON heal.id = item.heal_id
        WHERE item.rowid > ? ORDER BY item.rowid LIMIT ?
        """, arguments: [row, part])
    var some = ItemRows()
    while let row = try rows.next() { try some.append(row) }
    some.check()
    return some.isEmpty ? nil : some
  }

  static func count(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM item") ?? 0 }
}

/// Reads the rows of items by a thread that is the connection's own, a little ahead of whoever makes values of them: for
/// a task that reads the next ones a thread of the pool would have to be free.
final class RowsAhead: Sendable {
  /// Parts that wait to be taken: what is ahead is memory.
  private static let most = 3

  let parts: AsyncStream<ItemRows>
  private let handed: AsyncStream<ItemRows>.Continuation
  private let room: DispatchSemaphore

  init() {
    (parts, handed) = AsyncStream.makeStream(of: ItemRows.self)
    // One that begins with more than it ends with may not be let go of.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<RowsAhead.most { room.signal() }
  }

  /// Returns how many there are when all are read; throws when nobody wants them any more. `stop` comes after either.
  func read(_ db: Database) throws -> Int {
    var (count, last) = (0, Int64.min)
    while let rows = try ItemTable.rows(db, after: last) {
      (count, last) = (count + rows.count, rows.lastRow)
      room.wait()
      if case .terminated = handed.yield(rows) { throw CancellationError() }
    }
    return count
  }

  /// There is room for another part.
  func isTaken() { room.signal() }

  /// No more parts come, or are wanted.
  func stop() {
    handed.finish()
    room.signal()
  }
}

/// Rows of items as the file holds them, one behind the other in one array. Whoever reads them makes no values, so that
/// whoever makes values of others meanwhile has the allocator for itself.
struct ItemRows: Sendable {
  private struct Place: Sendable {
    var key: Range<Int>
    var state: Range<Int>
    var heal: (id: Range<Int>, body: Range<Int>?)?
  }

  private var bytes: [UInt8] = []
  private var places: [Place] = []
  /// Whether the checksums of their states are.
  private var areRight: [Bool] = []
  private(set) var lastRow: Int64 = 0

  var isEmpty: Bool { places.isEmpty }
  var count: Int { places.count }

  fileprivate mutating func append(_ row: Row) throws {
    lastRow = try row.decode(Int64.self, atIndex: 0)
    let key = try copy(row, 1) ?? 0..<0
    let state = try copy(row, 2) ?? 0..<0
    let heal = try copy(row, 3)
    places.append(
      Place(
        key: key, state: state, heal: try heal.map { (id: $0, body: try copy(row, 4)) }))
  }

  fileprivate mutating func check() { areRight = RowChecksum.areRight(places.map(\.state), in: bytes) }

  private mutating func copy(_ row: Row, _ column: Int) throws -> Range<Int>? {
    let start = bytes.count
    let isThere = try row.withUnsafeData(atIndex: column) { data in
      if let data { bytes += data }
      return data != nil
    }
    return isThere ? start..<bytes.count : nil
  }

  /// What they hold, each in its place at once: a state that is moved is copied.
  func items(by reader: StateReader) throws -> [KeptState] {
    try zip(places, areRight).map { place, isRight in
      let heal = place.heal.map { heal in (id: text(heal.id), body: heal.body.map(text)) }
      return KeptState(
        try reader.item(text(place.key), from: Array(bytes[place.state]), isRight: isRight, heal: heal))
    }
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

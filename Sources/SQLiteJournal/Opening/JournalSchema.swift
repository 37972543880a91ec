import GRDB
import RecoveryCore

/// The tables, as a row of named migrations. One that was released is never edited: a change is a new one.
///
/// JSON columns hold the whole value; the columns beside them are what it is looked up by, and what a person with an
/// `sqlite3` shell wants to see. Times are milliseconds since 1970, ARM ids that are compared are lower-cased.
enum JournalSchema {
  /// How the schema of a file compares with the one known here. Every version knows all that were before it, so a file
  /// with something unknown and something missing is nobody's.
  enum Age: Sendable { case older, current, newer, unknown }

  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("0001-items-machines-heals-events") { db in
      try db.execute(sql: JournalSchema.items)
      try db.execute(sql: JournalSchema.events)
    }
    migrator.registerMigration("0002-baselines") { db in try db.execute(sql: JournalSchema.baselines) }
    migrator.registerMigration("0003-brakes-orders") { db in try db.execute(sql: JournalSchema.brakes) }
    migrator.registerMigration("0004-alerts-failovers") { db in try db.execute(sql: JournalSchema.alerts) }
    migrator.registerMigration("0005-sinks") { db in
      try db.execute(sql: JournalSchema.sinks)
      try SinkTable.drawIdentity(db)
      try SinkTable.write(db, SinkName.log, try JournalSchema.deliveredToLog(db))
      try db.execute(sql: "DROP TABLE outbox")
    }
    return migrator
  }()

  static func age(of db: Database) throws -> Age {
    let isComplete = try migrator.hasCompletedMigrations(db)
    if try migrator.hasBeenSuperseded(db) { return isComplete ? .newer : .unknown }
    return isComplete ? .current : .older
  }

  /// Whether every table and index is there as the migrations make it.
  static func isIntact(_ db: Database) throws -> Bool {
    let model = try DatabaseQueue()
    try migrator.migrate(model)
    let wanted = try model.read { model in try definitions(model) }
    return try wanted.isSubset(of: definitions(db))
  }

  private static func definitions(_ db: Database) throws -> Set<String> {
    try String.fetchSet(db, sql: "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master")
  }

  /// A sink is told in order, so that one number says all of what it was told; a commit costs the same however many
  /// sinks there are. The identity is drawn once, and copied with the journal.
  private static let sinks = """
    CREATE TABLE sink (
      name TEXT NOT NULL PRIMARY KEY,
      body TEXT NOT NULL
    );

    CREATE TABLE identity (
      id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
      body TEXT NOT NULL
    );
    """

  /// Where the log stood when each event had a row in an outbox: before the first one that it was not told.
  private static func deliveredToLog(_ db: Database) throws -> Int64 {
    let waiting = try Int64.fetchOne(
      db, sql: "SELECT min(event_sequence) FROM outbox WHERE sink = 'log' AND delivered_at IS NULL")
    if let waiting { return waiting - 1 }
    return try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0
  }

  /// The alerts that stand are one row. Events that are part of a failover are found by its id.
  private static let alerts = """
    CREATE TABLE alerts (
      id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
      body TEXT NOT NULL
    );

    ALTER TABLE event ADD COLUMN failover TEXT;
    CREATE INDEX event_by_failover ON event(failover) WHERE failover IS NOT NULL;
    """

  /// The brakes are one row. Orders are written by commands beside the daemon, and answered by it.
  private static let brakes = """
    CREATE TABLE brakes (
      id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
      body TEXT NOT NULL
    );

    CREATE TABLE operator_order (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      given_at INTEGER NOT NULL,
      body TEXT NOT NULL,
      answer TEXT
    );
    CREATE INDEX operator_order_open ON operator_order(number) WHERE answer IS NULL;
    """

  /// A row for every content that a baseline has had; what only confirms the newest changes its row.
  private static let baselines = """
    CREATE TABLE baseline (
      item_key TEXT NOT NULL,
      learned_at INTEGER NOT NULL,
      confirmed_at INTEGER NOT NULL,
      machine_id TEXT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (item_key, learned_at)
    );
    """

  /// An item refers to its heal and a heal to its item, and both are written in one commit: the reference from the item
  /// is checked at its end. It also keeps an item's heal from being pruned.
  private static let items = """
    CREATE TABLE item (
      key TEXT NOT NULL PRIMARY KEY,
      vault TEXT NOT NULL,
      arm_id TEXT NOT NULL,
      name TEXT NOT NULL COLLATE NOCASE,
      lifecycle_id TEXT,
      live_machine TEXT,
      protection_state TEXT NOT NULL,
      reason TEXT NOT NULL,
      heal_id TEXT REFERENCES heal(id) DEFERRABLE INITIALLY DEFERRED,
      updated_at INTEGER NOT NULL,
      state TEXT NOT NULL
    );
    CREATE INDEX item_by_heal ON item(heal_id);

    CREATE TABLE machine (
      id TEXT NOT NULL,
      vm_id TEXT NOT NULL,
      name TEXT NOT NULL COLLATE NOCASE,
      item_key TEXT NOT NULL REFERENCES item(key) ON DELETE CASCADE,
      role TEXT NOT NULL CHECK (role IN ('live', 'former')),
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      PRIMARY KEY (id, vm_id)
    );
    CREATE INDEX machine_by_item ON machine(item_key);

    CREATE TABLE heal (
      id TEXT NOT NULL PRIMARY KEY,
      item_key TEXT NOT NULL,
      machine_id TEXT NOT NULL,
      machine_name TEXT NOT NULL COLLATE NOCASE,
      vm_id TEXT,
      status TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      body TEXT NOT NULL
    );
    CREATE INDEX heal_by_item ON heal(item_key, started_at);
    CREATE INDEX heal_by_time ON heal(started_at);

    CREATE TABLE step (
      heal_id TEXT NOT NULL REFERENCES heal(id) ON DELETE CASCADE,
      ordinal INTEGER NOT NULL,
      title TEXT NOT NULL,
      verb TEXT NOT NULL,
      state TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      intended_at INTEGER,
      ended_at INTEGER,
      operation TEXT,
      fault TEXT,
      PRIMARY KEY (heal_id, ordinal)
    );
    """

  /// AUTOINCREMENT, so that a number is never given again, not even after the newest events were pruned.
  private static let events = """
    CREATE TABLE event (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      level TEXT NOT NULL,
      item_key TEXT,
      item_name TEXT COLLATE NOCASE,
      machine_id TEXT,
      machine_name TEXT COLLATE NOCASE,
      vault TEXT,
      heal_id TEXT,
      body TEXT NOT NULL
    );
    CREATE INDEX event_by_item ON event(item_key);
    CREATE INDEX event_by_time ON event(at);

    CREATE TABLE outbox (
      event_sequence INTEGER NOT NULL REFERENCES event(sequence) ON DELETE CASCADE,
      sink TEXT NOT NULL DEFAULT 'log',
      dedup_key TEXT NOT NULL UNIQUE,
      delivered_at INTEGER,
      PRIMARY KEY (event_sequence, sink)
    );
    CREATE INDEX outbox_undelivered ON outbox(sink, event_sequence) WHERE delivered_at IS NULL;

    CREATE TABLE sweep (
      vault TEXT NOT NULL PRIMARY KEY,
      body TEXT NOT NULL,
      sweeps INTEGER NOT NULL,
      failed INTEGER NOT NULL,
      pages INTEGER NOT NULL,
      instance_views INTEGER NOT NULL,
      item_reads INTEGER NOT NULL,
      association_lists INTEGER NOT NULL,
      job_lists INTEGER NOT NULL
    );

    CREATE TABLE fence (
      id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
      token INTEGER NOT NULL,
      holder TEXT NOT NULL,
      acquired_at INTEGER NOT NULL
    );
    """
}

import AftercareTesting
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("Opening a journal in PostgreSQL")
struct OpeningTests {
  @Test("makes the schema once, however many start at the same time")
  func together() async throws {
    try await withSchema { schema in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<6 {
          group.addTask { try await schema.database().journal.identity() }
        }
        var names: Set<String> = []
        for try await name in group { names.insert(name) }
        #expect(names.count == 1 && names.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) })
      }
      let names = try await schema.raw("SELECT name FROM migration ORDER BY name").compactMap(\.first)
      #expect(names == PostgresSchema.names)
      #expect(try await schema.raw.text("SELECT count(*) FROM event_counter") == "1")
    }
  }

  @Test("that was brought up to date in part goes on from there")
  func partly() async throws {
    try await withSchema { schema in
      try await schema.raw.script(PostgresSchema.migrationTable)
      for name in PostgresSchema.names.prefix(3) {
        try await schema.raw.script(PostgresSchema.script(of: name))
        try await schema.raw("INSERT INTO migration VALUES ($1, now())", .text(name))
      }
      try await JournalContract.tellStory(schema.database().journal(of: Samples.vault))
      try await JournalContract.checkStory(schema.database().journal(of: Samples.vault))
    }
  }

  static let accesses: [PostgresDatabase.Access] = [.readWrite, .readOnly, .orders]

  @Test("refuses a schema that a newer version wrote", arguments: accesses)
  func tooNew(access: PostgresDatabase.Access) async throws {
    try await withSchema { schema in
      try await schema.database().open()
      try await schema.raw("INSERT INTO migration VALUES ('9999-from-the-future', now())")
      let error = await journalError { try await schema.database(access).open() }
      #expect(error?.code == .tooNew && error?.message.contains("newer aftercare") == true)
    }
  }

  @Test("refuses a list of schema versions that nobody wrote")
  func unknown() async throws {
    try await withSchema { schema in
      try await schema.database().open()
      try await schema.raw("UPDATE migration SET name = '0002-baselinds' WHERE name LIKE '0002%'")
      let error = await journalError { try await schema.database().open() }
      #expect(error?.code == .damaged)
    }
  }

  @Test("for reading or for orders creates nothing, and says what is missing", arguments: accesses.dropFirst())
  func older(access: PostgresDatabase.Access) async throws {
    try await withSchema { schema in
      let error = await journalError { _ = try await schema.database(access).journal.load() }
      #expect(error?.code == .cannotOpen)
      #expect(error?.message.contains("brought up to date by the next start of `aftercare run`") == true)
      let isEmpty = try await schema.raw.text("SELECT to_regclass('item') IS NULL")
      #expect(isEmpty == "t")
    }
  }

  @Test("for reading changes nothing, and sees each commit")
  func readOnly() async throws {
    try await withSchema { schema in
      try await JournalContract.tellStory(schema.database().journal(of: Samples.vault))
      let database = try schema.database(.readOnly)
      #expect(try await database.journal.load().items == [JournalSamples.readItem()])
      #expect(try await database.leases.picture().leases.count == 1)
      let journal = database.journal(of: Samples.vault)
      let writes: [() async throws -> Void] = [
        { _ = try await journal.acquire(holder: "two", at: JournalSamples.start) },
        { _ = try await database.journal.give(.resume, at: JournalSamples.start) },
        { _ = try await database.leases.beat(LeaseTests.one, renewing: [:], wanting: [], for: .seconds(1)) },
      ]
      for write in writes {
        let error = await journalError(write)
        #expect(error?.code == .readOnly, "\(String(describing: error))")
      }
    }
  }

  @Test("has each commit wait for the disk, whatever the database is set to")
  func synchronous() async throws {
    try await withSchema { schema in
      let url = schema.url + "%20-csynchronous_commit%3Doff"
      let setting = "SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
      #expect(try await RawSQL(url: url).text(setting) == "off")
      let journal = try schema.database(at: url).journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      try await schema.raw.script(
        """
        CREATE TABLE seen (setting text, name text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO seen VALUES (current_setting('synchronous_commit'), current_setting('application_name'));
          RETURN NEW;
        END $$;
        CREATE TRIGGER note BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION note();
        """)
      _ = try await journal.commit(JournalChange(events: [JournalSamples.event(.legWell)]), fence: fence)
      #expect(try await schema.raw("SELECT * FROM seen") == [["on", "aftercare"]])
    }
  }

  @Test("asks for the password at each connect, and takes the URL's where there is none")
  func password() async throws {
    try await withSchema { schema in
      let secret = Server.password(of: schema.url)
      let bare = schema.url.replacing(":\(secret)@", with: "@")
      let asked = Guarded(0)
      let database = try schema.database(at: bare) { configuration in
        configuration.password = {
          asked.withLock { $0 += 1 }
          return secret
        }
      }
      try await database.open()
      _ = try await database.journal.identity()
      #expect(asked.withLock { $0 } == 2, "one writes, one reads")
      try await schema.database { $0.password = { nil } }.open()
      let error = await journalError { try await schema.database(at: bare).open() }
      #expect(error?.code == .cannotOpen && error?.message.contains("no password") == true)
    }
  }

  @Test("opens four connections at the most, and none before it is asked")
  func connections() async throws {
    try await withSchema { schema in
      let url = schema.url + "&application_name=\(schema.name)"
      let database = try schema.database(at: url)
      let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(schema.name)'"
      #expect(try await schema.raw.text(count) == "0")
      try await JournalContract.tellStory(database.journal(of: Samples.vault))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<40 {
          group.addTask { _ = try await database.journal.load() }
        }
        try await group.waitForAll()
      }
      #expect(try await schema.raw.text(count) == "3")
    }
  }
}

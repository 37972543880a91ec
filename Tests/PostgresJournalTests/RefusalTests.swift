import AftercareTesting
import Foundation
import RecoveryCore
import Testing

@testable import PostgresJournal

/// Each names what to do, and no secret.
@Suite("What the server refuses")
struct RefusalTests {
  static let secret = "hunter2-and-more"
  static let event = JournalChange(events: [JournalSamples.event(.stepStarted)])

  /// The admin's URL with something else in it.
  private func url(_ edit: (inout URLComponents) -> Void, adding query: [String: String] = [:]) throws -> String {
    var parts = try #require(URLComponents(string: try Server.url()))
    edit(&parts)
    if !query.isEmpty { parts.queryItems = query.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0, value: $1) } }
    return try #require(parts.string)
  }

  private func opening(_ url: String) async -> JournalError? {
    await journalError {
      try await PostgresDatabase(.init(url: url, leaseSpan: .zero), access: .readWrite).open()
    }
  }

  private func expect(
    _ error: JournalError?, _ code: JournalError.Code, saying words: String...,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: location)
    for word in words {
      #expect(error?.message.contains(word) == true, "\(String(describing: error))", sourceLocation: location)
    }
    for secret in [Self.secret, Server.password(of: try Server.url())] {
      #expect(error?.message.contains(secret) != true, sourceLocation: location)
    }
  }

  /// A role of its own, with its URL into the schema.
  private func withRole(
    _ schema: TestSchema, _ rights: String..., body: (String, String) async throws -> Void
  ) async throws {
    let role = "role_" + schema.name.dropFirst(5)
    try await schema.raw("CREATE ROLE \(role) LOGIN PASSWORD '\(Self.secret)'")
    for right in rights { try await schema.raw(right.replacing("$ROLE", with: role)) }
    var parts = try #require(URLComponents(string: schema.url))
    parts.user = role
    parts.password = Self.secret
    do {
      try await body(role, try #require(parts.string))
    } catch {
      try await schema.raw("DROP OWNED BY \(role)")
      try await schema.raw("DROP ROLE \(role)")
      throw error
    }
    try await schema.raw("DROP OWNED BY \(role)")
    try await schema.raw("DROP ROLE \(role)")
  }

  @Test("is everything, where it does not run")
  func unreachable() async throws {
    let error = await opening(try url { $0.port = 1 })
    try expect(error, .cannotOpen, saying: "127.0.0.1:1", "cannot be reached", "Check that the server runs")
    let unknown = await opening(
      try url(
        {
          $0.host = "nowhere.invalid"
          $0.port = 5432
        }))
    try expect(unknown, .cannotOpen, saying: "nowhere.invalid:5432", "cannot be reached")
  }

  @Test("is never asked, where nobody answers in time")
  func silent() async throws {
    let server = try LoopbackServer { _ in [.stall] }
    defer { server.close() }
    var configuration = PostgresDatabase.Configuration(
      url: try url { $0.port = Int(server.port) }, leaseSpan: .zero)
    configuration.connectWithin = .milliseconds(200)
    let database = try PostgresDatabase(configuration, access: .readWrite)
    let error = await journalError { try await database.open() }
    try expect(error, .cannotOpen, saying: "cannot be reached", "no answer within", "firewall")
  }

  @Test("is who it is, where it is verified")
  func verified() async throws {
    let own = try Server.certificate("AFTERCARE_POSTGRES_CA")
    let right = try url(
      { $0.host = "localhost" },
      adding: ["sslmode": "verify-full", "sslrootcert": own, "hostaddr": "127.0.0.1"])
    #expect(try await RawSQL(url: right).text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "t")
    let wrong = try url(
      { $0.host = "localhost" },
      adding: [
        "sslmode": "verify-full", "sslrootcert": try Server.certificate("AFTERCARE_POSTGRES_WRONG_CA"),
        "hostaddr": "127.0.0.1",
      ])
    try expect(await opening(wrong), .cannotOpen, saying: "is not trusted", "sslrootcert=")
    let missing = try url(
      { $0.host = "localhost" }, adding: ["sslmode": "verify-full", "sslrootcert": "/nowhere/ca.pem"])
    try expect(await opening(missing), .cannotOpen, saying: "is not trusted", "/etc/ssl/certs/ca-certificates.crt")
    let named = try url(
      { $0.host = "elsewhere.example" },
      adding: ["sslmode": "verify-full", "sslrootcert": own, "hostaddr": "127.0.0.1"])
    try expect(await opening(named), .cannotOpen, saying: "another name", "elsewhere.example")
  }

  @Test("is TLS, where it offers none")
  func withoutTLS() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, through in
        proxy.refuseTLS()
        let own = try Server.certificate("AFTERCARE_POSTGRES_CA")
        let url = through.replacing("sslmode=disable", with: "sslmode=verify-full&sslrootcert=\(own)")
        try expect(await opening(url), .cannotOpen, saying: "offers no TLS", "ssl = on")
      }
    }
  }

  @Test("is a wrong password, an address without an entry, a database that is not there")
  func login() async throws {
    try expect(
      await opening(try url { $0.password = Self.secret }), .cannotOpen, saying: "the password is wrong", "'postgres'")
    try expect(await opening(try url { $0.path = "/forbidden" }), .cannotOpen, saying: "pg_hba.conf")
    try expect(
      await opening(try url { $0.path = "/nothing" }), .cannotOpen, saying: "does not exist",
      "CREATE DATABASE nothing OWNER postgres")
  }

  @Test("is a right that the user lacks, and says which")
  func rights() async throws {
    try await withSchema { schema in
      try await withRole(schema) { role, url in
        try expect(await opening(url), .readOnly, saying: "lacks a right", "GRANT USAGE, CREATE ON SCHEMA … TO \(role)")
      }
      try await withRole(schema, "GRANT USAGE ON SCHEMA \(schema.name) TO $ROLE") { role, url in
        try expect(await opening(url), .readOnly, saying: "permission denied", "GRANT USAGE, CREATE ON SCHEMA")
      }
      try await schema.database().open()
      try await withRole(schema, "GRANT USAGE ON SCHEMA \(schema.name) TO $ROLE") { role, url in
        try expect(
          await opening(url), .readOnly, saying: "permission denied for table migration", "GRANT SELECT, INSERT")
      }
    }
  }

  @Test("is nothing that the rights in the documentation do not give")
  func enough() async throws {
    try await withSchema { schema in
      try await withRole(schema, "GRANT USAGE, CREATE ON SCHEMA \(schema.name) TO $ROLE") { role, url in
        try await JournalContract.tellStory(schema.database(at: url).journal(of: Samples.vault))
        try await JournalContract.checkStory(schema.database(at: url).journal(of: Samples.vault))
        // A second user, for commands that only look.
        let looking = role + "_looking"
        try await schema.raw("CREATE ROLE \(looking) LOGIN PASSWORD '\(Self.secret)'")
        try await schema.raw("GRANT USAGE ON SCHEMA \(schema.name) TO \(looking)")
        try await schema.raw("GRANT SELECT ON ALL TABLES IN SCHEMA \(schema.name) TO \(looking)")
        let reading = try schema.database(.readOnly, at: url.replacing("//\(role):", with: "//\(looking):"))
        #expect(try await reading.journal.load().items == [JournalSamples.readItem()])
        try await schema.raw("DROP OWNED BY \(looking)")
        try await schema.raw("DROP ROLE \(looking)")
      }
    }
  }

  @Test("is one connection too many")
  func connections() async throws {
    try await withSchema { schema in
      try await withRole(schema, "ALTER ROLE $ROLE CONNECTION LIMIT 0") { _, url in
        try expect(await opening(url), .cannotOpen, saying: "no connection left", "max_connections")
      }
    }
  }

  @Test("is every write, where it is read only")
  func readOnly() async throws {
    try await withSchema { schema in
      let url = schema.url + "%20-cdefault_transaction_read_only%3Don"
      try expect(await opening(url), .readOnly, saying: "takes no writes", "target_session_attrs=read-write")
      let fence = try await schema.database().journal(of: Samples.vault).acquire(
        holder: "one", at: JournalSamples.start)
      let journal = try schema.database(at: url).journal(of: Samples.vault)
      let error = await journalError { _ = try await journal.commit(Self.event, fence: fence) }
      try expect(error, .readOnly, saying: "takes no writes", "Azure sets when the disk is nearly full")
      #expect(try await journal.events(about: nil, last: 10).isEmpty)
    }
  }

  /// As a full disk says it; a real one is `full`.
  @Test("is what finds no room, and takes the same change when there is room again")
  func fullByTrigger() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      try await schema.raw.script(
        """
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION full_disk();
        """)
      let error = await journalError { _ = try await journal.commit(Self.event, fence: fence) }
      try expect(error, .full, saying: "No space left", "Free space on the server's disk")
      try await schema.raw("DROP TRIGGER full_disk ON event")
      #expect(try await journal.commit(Self.event, fence: fence).map(\.sequence) == [1])
    }
  }

  @Test(
    "is what finds no room on a disk that is full, and takes the same change when there is room again",
    .enabled(if: Server.variable("AFTERCARE_POSTGRES_SMALL") != nil, "needs the right to mount"))
  func full() async throws {
    let small = try Server.certificate("AFTERCARE_POSTGRES_SMALL")
    try await withSchema { schema in
      try await schema.raw("CREATE TABLESPACE small LOCATION '\(small)'")
      try await schema.raw(
        "CREATE TABLE ballast TABLESPACE small AS SELECT repeat('x', 500) FROM generate_series(1, 5000)")
      let url = schema.url + "%20-cdefault_tablespace%3Dsmall"
      let journal = try schema.database(at: url).journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      let change = JournalChange(events: (0..<500).map { JournalSamples.event(.stepStarted, after: $0) })
      var error: JournalError?
      var commits = 0
      while error == nil, commits < 100 {
        error = await journalError { _ = try await journal.commit(change, fence: fence) }
        if error == nil { commits += 1 }
      }
      try expect(error, .full, saying: "Free space on the server's disk", "what is in the journal is whole")
      try await schema.raw("DROP TABLE ballast")
      let next = try await journal.commit(change, fence: fence)
      #expect(next.first?.sequence == Int64(commits * 500 + 1))
      #expect(try await journal.events(about: nil, last: 100_000).count == (commits + 1) * 500)
    }
    try await RawSQL(url: Server.url())("DROP TABLESPACE small")
  }

  @Test("is what takes too long, by its own clock")
  func slow() async throws {
    try await withSchema { schema in
      try await schema.database().open()
      let other = try RawSQL(url: schema.url)
      try await other("BEGIN")
      try await other("LOCK TABLE sweep")
      let database = try schema.database { $0.statementWithin = .seconds(1) }
      let error = await journalError { _ = try await database.journal.sweeps() }
      try expect(error, .failed, saying: "took too long", "pg_stat_activity")
      try await other("ROLLBACK")
      #expect(try await database.journal.sweeps().isEmpty)
    }
  }
}

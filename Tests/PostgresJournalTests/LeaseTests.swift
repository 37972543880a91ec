import AftercareTesting
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("The lease of a vault")
struct LeaseTests {
  static let span = Duration.seconds(3600)
  static let event = JournalChange(events: [JournalSamples.event(.stepStarted)])
  static let one = instance("one")
  static let two = instance("two")

  static func instance(_ name: String) -> Instance {
    Instance(id: InstanceID(name), host: "host-\(name)", version: "1.0.0", started: JournalSamples.start)
  }

  /// As if the time had gone by.
  static func expire(_ schema: TestSchema) async throws {
    try await schema.raw("UPDATE shard SET expires_at = clock_timestamp() - interval '1 second'")
  }

  @Test("is one instance's, and another is told whose it is and for how long")
  func held() async throws {
    try await withSchema { schema in
      let (first, second) = (try schema.database(span: Self.span), try schema.database(span: Self.span))
      let fence = try await first.journal(of: Samples.vault).acquire(holder: "one", at: JournalSamples.start)
      let error = await journalError {
        _ = try await second.journal(of: Samples.vault).acquire(holder: "two", at: JournalSamples.start)
      }
      #expect(error?.code == .locked)
      let words = "vault \(Samples.vault.key) is looked after by instance one for another "
      #expect(error?.message.hasPrefix(words) == true, "\(String(describing: error))")
      let left = Int(error?.message.dropFirst(words.count).prefix { $0.isNumber } ?? "")
      #expect(left.map { (1...3600).contains($0) } == true, "\(String(describing: error))")
      // Another vault is another lease, and the holder may take its own anew.
      _ = try await second.journal(of: Samples.otherVault).acquire(holder: "two", at: JournalSamples.start)
      let again = try await first.journal(of: Samples.vault).acquire(holder: "one", at: JournalSamples.start)
      #expect(again.token == fence.token + 1)
    }
  }

  @Test("that is over is taken by whoever comes first, and the old holder is refused by the database itself")
  func takeover() async throws {
    try await withSchema { schema in
      let (first, second) = (try schema.database(span: Self.span), try schema.database(span: Self.span))
      let (old, new) = (first.journal(of: Samples.vault), second.journal(of: Samples.vault))
      let stale = try await old.acquire(holder: "one", at: JournalSamples.start)
      _ = try await old.commit(Self.event, fence: stale)
      try await Self.expire(schema)
      // Over, and nobody's yet: its holder still writes.
      _ = try await old.commit(Self.event, fence: stale)
      let fence = try await new.acquire(holder: "two", at: JournalSamples.start)
      #expect(fence.token > stale.token)
      let writes: [() async throws -> Void] = [
        { _ = try await old.commit(Self.event, fence: stale) },
        { try await old.record(JournalSamples.sweep(), fence: stale) },
        { try await old.markDelivered(through: 2, fence: stale) },
        { _ = try await old.prune(before: JournalSamples.start + .seconds(60), fence: stale) },
      ]
      for write in writes {
        let error = await journalError(write)
        #expect(error?.code == .fenced)
        #expect(
          error?.message
            == "the right to write to the journal was taken over by two (token 2, this one has 1); this instance must "
            + "stop acting")
      }
      #expect(try await new.commit(Self.event, fence: fence).map(\.sequence) == [3])
      #expect(try await new.undelivered(limit: 10).count == 3)
      let refused = await #expect(throws: WireFailure.self) {
        try await schema.raw(
          "SELECT aftercare_fence($1, $2, $3)", .text(Samples.vault.key), .number(stale.token), .number(2))
      }
      guard case .refused(let refusal) = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
      #expect(refusal.code == "AC001")
    }
  }

  @Test("is taken after a commit that is under way, and not in the middle of it")
  func inTheMiddle() async throws {
    try await withSchema { schema in
      let old = try schema.database().journal(of: Samples.vault)
      let stale = try await old.acquire(holder: "one", at: JournalSamples.start)
      try await schema.raw("BEGIN")
      try await schema.raw(
        "SELECT aftercare_fence($1, $2, 0)", .text(Samples.vault.key), .number(stale.token))
      let new = try schema.database().journal(of: Samples.vault)
      let taking = Task { try await new.acquire(holder: "two", at: JournalSamples.start) }
      let other = try RawSQL(url: schema.url)
      let waiting = """
        SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM aftercare_acquire(%'
        """
      while try await other.text(waiting) == "0" { await Task.yield() }
      try await schema.raw("COMMIT")
      #expect(try await taking.value.token == stale.token + 1)
      #expect(try await schema.raw.text("SELECT last_commit FROM shard") == "1")
    }
  }

  @Test("lasts as long as it is renewed, by the database's clock")
  func renewal() async throws {
    try await withSchema { schema in
      let database = try schema.database(span: .seconds(60))
      let leases = database.leases
      let journal = database.journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      let picture = try await leases.beat(
        Self.one, renewing: [Samples.vault: fence], wanting: [Samples.vault, Samples.otherVault], for: Self.span)
      #expect(picture.renewed == [Samples.vault])
      #expect(picture.instances.map(\.instance) == [Self.one])
      #expect(picture.instances.allSatisfy { $0.isAlive })
      let lease = try #require(picture.leases.first)
      #expect(picture.leases.count == 1, "one that was never taken is none")
      #expect(lease.vault == Samples.vault && lease.holder == Self.one.id && lease.fence == fence && lease.isHeld)
      #expect(lease.remaining > .seconds(3000), "longer than it was taken for")
      try await Self.expire(schema)
      #expect(try await leases.picture().leases.first?.isHeld == false)
      // Nobody has taken it: it is renewed all the same.
      let late = try await leases.beat(Self.one, renewing: [Samples.vault: fence], wanting: [], for: Self.span)
      #expect(late.renewed == [Samples.vault] && late.leases.first?.isHeld == true)
      let stale = Fence(token: fence.token - 1)
      let lost = try await leases.beat(Self.one, renewing: [Samples.vault: stale], wanting: [], for: Self.span)
      #expect(lost.renewed.isEmpty)
      let foreign = try await leases.beat(Self.two, renewing: [Samples.vault: fence], wanting: [], for: Self.span)
      #expect(foreign.renewed.isEmpty && foreign.leases.first?.holder == Self.one.id)
      #expect(foreign.instances.map(\.instance.id.text) == ["one", "two"])
    }
  }

  @Test("that is given back is free at once, and giving back what is lost changes nothing")
  func release() async throws {
    try await withSchema { schema in
      let (first, second) = (try schema.database(span: Self.span), try schema.database(span: Self.span))
      let fence = try await first.journal(of: Samples.vault).acquire(holder: "one", at: JournalSamples.start)
      try await first.leases.release(Samples.vault, fence: fence)
      let free = try await first.leases.picture().leases.first
      #expect(free?.holder == nil && free?.isHeld == false)
      let next = try await second.journal(of: Samples.vault).acquire(holder: "two", at: JournalSamples.start)
      try await first.leases.release(Samples.vault, fence: fence)
      let lease = try await first.leases.picture().leases.first
      #expect(lease?.holder?.text == "two" && lease?.fence == next)
    }
  }

  @Test("and its instance are gone when that one leaves; one that says nothing for a day is forgotten")
  func leaving() async throws {
    try await withSchema { schema in
      let database = try schema.database(span: Self.span)
      for vault in [Samples.vault, Samples.otherVault] {
        _ = try await database.journal(of: vault).acquire(holder: "one", at: JournalSamples.start)
      }
      _ = try await database.leases.beat(Self.one, renewing: [:], wanting: [], for: Self.span)
      _ = try await database.leases.beat(Self.two, renewing: [:], wanting: [], for: Self.span)
      try await database.leases.leave(Self.one.id)
      let picture = try await database.leases.picture()
      #expect(picture.instances.map(\.instance.id) == [Self.two.id])
      #expect(picture.leases.count == 2 && picture.leases.allSatisfy { $0.holder == nil })
      try await schema.raw("UPDATE instance SET seen_at = seen_at - interval '2 hours'")
      #expect(try await database.leases.picture().instances.first?.isAlive == false)
      try await schema.raw("UPDATE instance SET seen_at = seen_at - interval '1 day'")
      let later = try await database.leases.beat(Self.one, renewing: [:], wanting: [], for: Self.span)
      #expect(later.instances.map(\.instance.id) == [Self.one.id])
    }
  }

  @Test("is renewed although another vault's row is held up by somebody")
  func heldUp() async throws {
    try await withSchema { schema in
      let database = try schema.database(span: Self.span)
      var held: [ResourceID: Fence] = [:]
      for vault in [Samples.vault, Samples.otherVault] {
        held[vault] = try await database.journal(of: vault).acquire(holder: "one", at: JournalSamples.start)
      }
      try await schema.raw("BEGIN")
      try await schema.raw("SELECT FROM shard WHERE vault = $1 FOR UPDATE", .text(Samples.vault.key))
      let picture = try await database.leases.beat(
        Self.one, renewing: held, wanting: Set(held.keys), for: .seconds(7200))
      #expect(picture.renewed == Set(held.keys), "the one that is held up still lasts")
      let longer = picture.leases.filter { $0.remaining > .seconds(5000) }.map(\.vault)
      #expect(longer == [Samples.otherVault])
      try await schema.raw("ROLLBACK")
    }
  }
}

import AftercareTesting
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("The numbers of events")
struct NumberingTests {
  static let commits = 60

  @Test("come in the order of the commits of all vaults, so that who reads on behind one misses none")
  func follower() async throws {
    try await withSchema { schema in
      let follower = try schema.database(.readOnly).journal
      let writers = [Samples.vault, Samples.otherVault]
      let total = writers.count * Self.commits * 2
      try await withThrowingTaskGroup(of: [Int64].self) { group in
        let databases = try writers.map { _ in try schema.database() }
        for database in databases { try await database.open() }
        for (vault, database) in zip(writers, databases) {
          group.addTask {
            let journal = database.journal(of: vault)
            let fence = try await journal.acquire(holder: vault.name, at: JournalSamples.start)
            var numbers: [Int64] = []
            for second in 0..<Self.commits {
              let events = [JournalSamples.event(.stepStarted, after: Int64(second)), JournalSamples.event(.legWell)]
              numbers += try await journal.commit(JournalChange(events: events), fence: fence).map(\.sequence)
            }
            return numbers
          }
        }
        var read: [Int64] = []
        while read.count < total {
          read += try await follower.events(after: read.last ?? 0, limit: 7).map(\.sequence)
        }
        #expect(read == Array(1...Int64(total)))
        var written: [Int64] = []
        for try await numbers in group {
          #expect(numbers == numbers.sorted())
          written += numbers
        }
        #expect(written.sorted() == read)
      }
    }
  }

  @Test("are not used up by what was refused")
  func refused() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      try await schema.raw.script(
        """
        CREATE FUNCTION no_post() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the post is closed'; END $$;
        CREATE TRIGGER no_post BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.sequence = 2) EXECUTE FUNCTION no_post();
        """)
      let change = JournalChange(
        item: JournalSamples.healingItem(),
        events: [JournalSamples.event(.healStarted), JournalSamples.event(.legWell)])
      let error = await journalError { _ = try await journal.commit(change, fence: fence) }
      #expect(error?.code == .failed && error?.message.contains("the post is closed") == true)
      for table in ["item", "machine", "heal", "step", "event"] {
        #expect(try await schema.raw.text("SELECT count(*) FROM \(table)") == "0", "\(table)")
      }
      try await schema.raw("DROP TRIGGER no_post ON event")
      #expect(try await journal.commit(change, fence: fence).map(\.sequence) == [1, 2])
    }
  }
}

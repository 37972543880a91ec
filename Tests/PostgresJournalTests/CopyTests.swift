import AftercareTesting
import Foundation
import JournalFormat
import RecoveryCore
import SQLiteJournal
import Testing

@testable import PostgresJournal

@Suite("A copied state", .serialized, .timeLimit(.minutes(5)))
struct CopyTests {
  static let later = JournalSamples.start + .seconds(3600)

  /// A state directory with the story in it, and a schema without anything.
  private func withBoth(_ body: (String, TestSchema) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/aftercare-copy-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let directory = folder + "/state"
    try await tellStory(directory)
    try await withSchema { schema in try await body(directory, schema) }
  }

  private func tellStory(_ directory: String) async throws {
    try await JournalStory.tell(JournalDatabase(directory: directory, access: .readWrite))
  }

  private func source(_ schema: TestSchema) async throws -> any ArchiveSource {
    try await schema.database(.readOnly).source(watching: JournalStory.vaults)
  }

  private func target(_ schema: TestSchema) async throws -> any ArchiveTarget {
    try await schema.database().target(watching: JournalStory.vaults)
  }

  private func copy(_ directory: String, into schema: TestSchema) async throws -> ArchiveCopy.Summary {
    let target = try await target(schema)
    return try await ArchiveCopy(from: JournalDatabase.source(directory: directory), to: target).run()
  }

  private func copy(_ schema: TestSchema, into directory: String) async throws -> ArchiveCopy.Summary {
    let target = try JournalDatabase.target(directory: directory, at: Self.later)
    return try await ArchiveCopy(from: try await source(schema), to: target).run()
  }

  private func content(_ directory: String) async throws -> JournalStory.Content {
    try await JournalStory.Content(of: JournalDatabase(directory: directory, access: .readOnly))
  }

  /// Every row of the tables, to the byte.
  private func rows(_ directory: String) async throws -> [ArchiveTable: Set<[String?]>] {
    let source = try await JournalDatabase.source(directory: directory)
    var all: [ArchiveTable: Set<[String?]>] = [:]
    for table in ArchiveTable.allCases {
      try await source.read(table) { rows in all[table, default: []].formUnion(rows.map(\.values)) }
    }
    await source.close()
    return all
  }

  @Test("goes into a database and back into another directory, and everything that is read of it is the same")
  func thereAndBack() async throws {
    try await withBoth { directory, schema in
      let told = try await content(directory)
      #expect(told.isWhole, "\(told)")
      let before = try await rows(directory)
      let summary = try await copy(directory, into: schema)
      #expect(summary.addressesLost == 0 && summary.lastEvent == 8 && summary.orders == 2 && summary.openOrders == 1)
      #expect(try await JournalStory.Content(of: schema.database(.readOnly).journal) == told)
      try await schema.database(.readOnly).journal.inspect()
      #expect(try await rows(directory) == before, "the source is as it was")

      let other = directory + "-2"
      _ = try await copy(schema, into: other)
      #expect(try await content(other) == told)
      let after = try await rows(other)
      for table in ArchiveTable.allCases where table != .heal && table != .step {
        #expect(after[table] == before[table], "\(table)")
      }
      // What differs in the other two is the address of the one operation, sealed with another key.
      for table in [ArchiveTable.heal, .step] {
        #expect(after[table]?.count == before[table]?.count)
        #expect(after[table]?.subtracting(before[table] ?? []).count == 1, "\(table)")
      }
    }
  }

  @Test("is gone on from: each vault has its own, the numbers go on, and an operation has its address")
  func goingOn() async throws {
    try await withBoth { directory, schema in
      _ = try await copy(directory, into: schema)
      let database = try schema.database()
      for (index, vault) in JournalStory.vaults.enumerated() {
        let journal = database.journal(of: vault)
        let fence = try await journal.acquire(holder: "one", telling: JournalStory.sinks, at: Self.later)
        let image = try await journal.load()
        #expect(image.items.map(\.vault) == (index < 2 ? [vault] : []))
        #expect(image.brakes.pause?.reason == "freeze")
        #expect(image.alerts.count == (index < 2 ? 2 : 1), "its own, and that of the brake: \(image.alerts)")
        #expect(try await journal.openOrders().map(\.number) == [2])
        let events = try await journal.events(about: nil, last: 100)
        #expect(events.map(\.sequence) == [[1, 2, 3, 8], [4, 5, 6, 7], []][index])
        let next = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: fence)
        #expect(next.map(\.sequence) == [Int64(9 + index)])
        let waiting = try await journal.undelivered(to: "file", limit: 100)
        #expect(waiting.map(\.sequence) == [[8, 9], [5, 6, 7, 10], [11]][index])
        #expect(try await journal.undelivered(limit: 100) == next)
      }
      let heal = try await database.journal(of: Samples.vault).load().items.first?.heal
      #expect(heal == JournalSamples.heal(), "with the operation's address")
      #expect(try await database.journal.give(.resume, at: Self.later) == 3)

      let other = directory + "-2"
      try await schema.raw("UPDATE shard SET holder = NULL, expires_at = NULL")
      _ = try await copy(schema, into: other)
      let journal = try JournalDatabase(directory: other, access: .readWrite)
      let fence = try await journal.acquire(holder: "one", telling: JournalStory.sinks, at: Self.later)
      #expect(try await journal.load().items.compactMap(\.heal).contains(JournalSamples.heal()))
      #expect(try await journal.openOrders().map(\.number) == [2, 3])
      // The first that any vault has yet to tell is the first that is told.
      #expect(try await journal.undelivered(to: "file", limit: 100).map(\.sequence) == Array(5...11))
      #expect(try await journal.undelivered(limit: 100).map(\.sequence) == Array(9...11))
      let next = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: fence)
      #expect(next.map(\.sequence) == [12])
      #expect(try await journal.give(.resume, at: Self.later) == 4)
    }
  }

  @Test("leaves nothing untold of a vault that nobody watches any more: another's instance tells it")
  func unwatched() async throws {
    try await withBoth { directory, schema in
      let target = try await schema.database().target(watching: [JournalStory.third])
      _ = try await ArchiveCopy(from: JournalDatabase.source(directory: directory), to: target).run()
      let database = try schema.database()
      let journal = database.journal(of: JournalStory.third)
      _ = try await journal.acquire(holder: "one", telling: JournalStory.sinks, at: Self.later)
      #expect(try await journal.backlog() == [SinkName.log: 0, "file": 4, "webhook": 8])
      #expect(try await journal.load().alerts.count == 3, "its watch resolves them")
      let items = try await database.journal.load().items
      #expect(items.map(\.vault) == [Samples.vault, JournalStory.other], "items stay where they are")
      #expect(try await JournalStory.Content(of: database.journal).events.count == 8)
    }
  }

  @Test("goes from one database into another, each vault as it was")
  func betweenDatabases() async throws {
    try await withBoth { directory, schema in
      _ = try await copy(directory, into: schema)
      let journal = try schema.database().journal(of: JournalStory.other)
      let fence = try await journal.acquire(holder: "one", telling: JournalStory.sinks, at: Self.later)
      try await journal.markDelivered(through: 7, to: "webhook", fence: fence)
      _ = try await journal.commit(JournalChange(answers: [OrderAnswer(to: 2, "no", isRefusal: true)]), fence: fence)
      try await withSchema { other in
        let target = try await target(other)
        _ = try await ArchiveCopy(from: try await source(schema), to: target).run()
        for vault in JournalStory.vaults {
          let (old, new) = (try schema.database().journal(of: vault), try other.database().journal(of: vault))
          #expect(try await JournalStory.Content(of: new) == JournalStory.Content(of: old), "\(vault)")
        }
        let whole = try await JournalStory.Content(of: other.database(.readOnly).journal)
        #expect(try await whole == JournalStory.Content(of: schema.database(.readOnly).journal))
        #expect(whole.backlog["webhook"] == 4)
      }
    }
  }

  @Test("leaves out an operation's address where a key is not known, and counts that")
  func withoutKey() async throws {
    try await withBoth { directory, schema in
      let target = try await schema.database { $0.sealSecret = nil }.target(watching: JournalStory.vaults)
      let summary = try await ArchiveCopy(from: JournalDatabase.source(directory: directory), to: target).run()
      #expect(summary.addressesLost == 1)
      let heal = try await schema.database().journal(of: Samples.vault).load().items.first?.heal
      #expect(heal?.steps[1].operation != nil && heal?.steps[1].operation?.statusURL == nil)
      #expect(heal == JournalSamples.readItem().heal)
    }
  }

  @Test("goes nowhere where something is already: what that is is said, and it stays")
  func notEmpty() async throws {
    try await withBoth { directory, schema in
      _ = try await copy(directory, into: schema)
      let again = await journalError { _ = try await target(schema) }
      #expect(again?.code == .cannotOpen)
      #expect(again?.message.contains("is not empty: it has 2 items, 8 events, 3 heals, 2 orders") == true)
      let before = try await rows(directory)
      let back = await journalError { _ = try JournalDatabase.target(directory: directory, at: Self.later) }
      #expect(back?.message.contains("\(directory)/journal.sqlite is not empty: it has 2 items, 8 events") == true)
      #expect(try await rows(directory) == before)
      #expect(try await content(directory).isWhole)
    }
  }

  @Test("is not taken from under a daemon, and none starts meanwhile")
  func inUse() async throws {
    try await withBoth { directory, schema in
      do {
        let daemon = try JournalDatabase(directory: directory, access: .readWrite)
        let error = await journalError { _ = try await JournalDatabase.source(directory: directory) }
        #expect(error?.code == .locked && error?.message.contains("process \(getpid())") == true)
        _ = try await daemon.identity()
      }
      do {
        let source = try await JournalDatabase.source(directory: directory)
        let start = await journalError { _ = try JournalDatabase(directory: directory, access: .readWrite) }
        #expect(start?.code == .locked)
        let order = await journalError {
          let orders = try JournalDatabase(directory: directory, access: .orders)
          _ = try await orders.give(.resume, at: Self.later)
        }
        #expect(order != nil, "an order that would be lost is refused")
        await source.close()
      }
      _ = try JournalDatabase(directory: directory, access: .readWrite)
    }
  }

  @Test("is not taken from a database while an instance holds a vault, or lives; and none takes one meanwhile")
  func held() async throws {
    try await withBoth { directory, schema in
      _ = try await copy(directory, into: schema)
      let instance = try schema.database(span: .seconds(3600))
      _ = try await instance.journal(of: Samples.vault).acquire(holder: "one", at: Self.later)
      for place in [{ _ = try await source(schema) }, { _ = try await target(schema) }] {
        let error = await journalError(place)
        #expect(error?.code == .locked)
        #expect(
          error?.message.contains("vault \(Samples.vault.key) is looked after by instance one for another") == true)
      }
      try await schema.raw("UPDATE shard SET holder = NULL, expires_at = NULL")
      _ = try await instance.leases.beat(LeaseTests.two, renewing: [:], wanting: [], for: .seconds(3600))
      let living = await journalError { _ = try await source(schema) }
      #expect(living?.code == .locked && living?.message.contains("instance two uses it") == true)
      try await instance.leases.leave(LeaseTests.two.id)

      let reading = try await source(schema)
      let waiting = Task {
        try await schema.database().journal(of: Samples.vault).acquire(holder: "one", at: Self.later)
      }
      try await schema.untilLocked()
      await reading.close()
      _ = try await waiting.value
    }
  }

  @Test("whose copying was killed is not there at all, and is copied then")
  func killed() async throws {
    try await withBoth { directory, schema in
      do {
        let target = try await target(schema)
        let source = try await JournalDatabase.source(directory: directory)
        try await source.read(.heal) { rows throws(JournalError) in try await target.write(rows, of: .heal) }
        try await schema.raw(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'heal'::regclass AND mode = 'RowExclusiveLock'"
        )
        let error = await journalError { try await target.write(source.head()) }
        #expect(error?.code == .failed, "\(String(describing: error))")
        let late = await journalError { try await target.keep() }
        #expect(late?.message.contains("run the command again") == true, "\(String(describing: late))")
        await source.close()
      }
      for table in ArchiveTable.allCases {
        #expect(try await schema.raw.text("SELECT count(*) FROM \(table)") == "0", "\(table)")
      }
      _ = try await copy(directory, into: schema)
      #expect(try await JournalStory.Content(of: schema.database(.readOnly).journal).isWhole)
    }
  }

  @Test("has no damaged row: it is named, and there is nothing in the target", arguments: ["event", "heal", "item"])
  func damaged(table: String) async throws {
    try await withBoth { directory, schema in
      _ = try await copy(directory, into: schema)
      let column = table == "item" ? "state" : "body"
      try await schema.raw(
        "UPDATE \(table) SET \(column) = replace(\(column), 'erp-web-01', 'erp-web-02') WHERE \(column) LIKE $1",
        .text("%erp-web-01%"))
      let other = directory + "-2"
      let error = await journalError { _ = try await copy(schema, into: other) }
      #expect(error?.code == .damaged)
      #expect(error?.message.contains("of table '\(table)'") == true && error?.message.contains("checksum") == true)
      let names = try FileManager.default.contentsOfDirectory(atPath: other)
      #expect(!names.contains { $0.hasPrefix("journal.sqlite") }, "\(names)")
    }
  }

  @Test("of vaults that were apart loses no brake, no order and nothing untold when they come together")
  func together() async throws {
    try await withBoth { directory, schema in
      let database = try schema.database()
      var trip = Brakes()
      trip.countFrom = JournalSamples.start
      var paused = Brakes()
      paused.pause = Brakes.Pause(reason: "freeze", since: JournalSamples.start)
      let pause = try await database.journal.give(.pause(reason: "freeze"), at: JournalSamples.start)
      _ = try await database.leases.beat(
        LeaseTests.one, renewing: [:], wanting: Set(JournalStory.vaults), for: .zero)
      for (vault, brakes) in [(Samples.vault, trip), (JournalStory.other, paused)] {
        let journal = database.journal(of: vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        var event = JournalSamples.event(.healStarted)
        event.vault = vault
        let recorded = try await journal.commit(
          JournalChange(brakes: brakes, answers: [OrderAnswer(to: pause, "paused")], events: [event, event]),
          fence: fence)
        let told = vault == Samples.vault ? recorded.last : recorded.first
        try await journal.markDelivered(through: told?.sequence ?? 0, fence: fence)
      }
      let other = directory + "-2"
      _ = try await copy(schema, into: other)
      let journal = try JournalDatabase(directory: other, access: .readOnly)
      #expect(try await journal.load().brakes == paused)
      #expect(try await journal.undelivered(limit: 10).map(\.sequence) == [4], "3 was told, and 1 and 2 were")
      #expect(try await journal.openOrders().map(\.number) == [pause], "the third vault has not answered")
    }
  }

  @Test("has every table and every column that the schema has")
  func complete() async throws {
    try await withSchema { schema in
      try await schema.database().open()
      for table in ArchiveTable.allCases {
        let known = try await schema.raw(
          "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
          .text(schema.name), .text(table.rawValue))
        #expect(Set(known.compactMap(\.first)) == Set(table.columns.map(\.name) + ["shard"]), "\(table)")
      }
      let others = [
        "sink", "brakes", "alerts", "operator_order", "order_answer", "identity", "event_counter", "shard", "instance",
        "migration",
      ]
      let tables = try await schema.raw(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = $1", .text(schema.name))
      #expect(Set(tables.compactMap(\.first)) == Set(ArchiveTable.allCases.map(\.rawValue) + others))
    }
  }
}

extension TestSchema {
  /// Until somebody waits for a lock of this schema's tables.
  fileprivate func untilLocked() async throws {
    let end = ContinuousClock.now + .seconds(60)
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'shard'::regclass"
    while try await raw.text(waiting) == "0" {
      guard ContinuousClock.now < end else { throw ContractViolation("nobody waits for the lock") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}

import AftercareTesting
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("What the PostgreSQL journal keeps")
struct KeepingTests {
  @Test("is committed although the task was cancelled: an answer of Azure is written down while stopping")
  func cancelledTask() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return try await journal.commit(JournalChange(events: [JournalSamples.event(.daemonStopped)]), fence: fence)
      }
      task.cancel()
      #expect(try await task.value.count == 1)
    }
  }

  @Test("is written once while nothing changes")
  func unchanged() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      let change = JournalChange(item: JournalSamples.healingItem())
      _ = try await journal.commit(change, fence: fence)
      try await schema.raw.script(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'written again'; END $$;
        CREATE TRIGGER item BEFORE UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION refuse();
        CREATE TRIGGER heal BEFORE UPDATE OR DELETE ON heal FOR EACH ROW EXECUTE FUNCTION refuse();
        CREATE TRIGGER step BEFORE INSERT OR UPDATE OR DELETE ON step FOR EACH ROW EXECUTE FUNCTION refuse();
        """)
      _ = try await journal.commit(change, fence: fence)
    }
  }

  @Test("is which machines an item has run on, and which one is live")
  func machines() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      func roles() async throws -> [String?] {
        try await schema.raw("SELECT role || ' ' || vm_id FROM machine ORDER BY vm_id").compactMap(\.first)
      }
      var item = JournalSamples.item()
      // First seen without a vmId, then read, then failed back.
      item.former = []
      item.live = MachineIdentity(id: Samples.source, vmID: nil)
      _ = try await journal.commit(JournalChange(item: item), fence: fence)
      #expect(try await roles() == ["live "])
      item.live = MachineIdentity(id: Samples.source, vmID: "a")
      _ = try await journal.commit(JournalChange(item: item), fence: fence)
      #expect(try await roles() == ["live a"])
      item.former = [MachineIdentity(id: Samples.source, vmID: "a")]
      item.live = MachineIdentity(id: Samples.recovered, vmID: "b")
      _ = try await journal.commit(JournalChange(item: item), fence: fence)
      #expect(try await roles() == ["former a", "live b"])
    }
  }

  @Test("are the steps of a heal, for people to look at, and no more than it has")
  func steps() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      var item = JournalSamples.healingItem()
      _ = try await journal.commit(JournalChange(item: item), fence: fence)
      let titles = try await schema.raw("SELECT title || ' ' || state FROM step ORDER BY ordinal").compactMap(\.first)
      #expect(titles.count == 4)
      #expect(titles.dropFirst().first == "install AzureMonitorWindowsAgent accepted")
      item.heal?.steps.removeLast(2)
      _ = try await journal.commit(JournalChange(item: item), fence: fence)
      #expect(try await schema.raw.text("SELECT count(*) FROM step") == "2")
    }
  }

  @Test("is what the last of several changes in one commit says, in their order")
  func folded() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      var (first, second) = (JournalSamples.healingItem(), JournalSamples.item())
      second.reason = .allWell
      first.heal?.status = .parked("the role is missing")
      let other = JournalSamples.item(key: ItemKey("another"))
      let changes = [
        JournalChange(item: first, events: [JournalSamples.event(.healParked)]), JournalChange(item: second),
        JournalChange(item: other), JournalChange(forgotten: other.key, events: [JournalSamples.event(.itemGone)]),
        JournalChange(forgotten: ItemKey("a third")),
      ]
      let recorded = try await journal.commit(changes, fence: fence)
      #expect(recorded.map(\.event.kind) == [.healParked, .itemGone])
      #expect(try await journal.load().items == [second])
      #expect(try await journal.heals(about: nil, last: 10) == [first.heal])
      _ = try await journal.commit(
        [JournalChange(forgotten: second.key), JournalChange(item: first)], fence: fence)
      #expect(try await journal.load().items == [first])
    }
  }

  @Test("is found again with whatever signs a name has")
  func signs() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      for name in ["a \"quoted\" {name}", "back\\slash, comma", "NULL", "", "Größe 🙂", "it's; DROP TABLE item"] {
        var event = JournalSamples.event(.itemAdded)
        event.itemName = name
        event.fields = ["text": name + "\n\t\0"]
        let recorded = try await journal.commit(JournalChange(events: [event]), fence: fence)
        #expect(try await journal.events(after: 0, limit: 100).last == recorded.first)
        let found = try await journal.events(about: name, last: 1).map(\.event.itemName)
        #expect(found == [name])
      }
    }
  }

  @Test("goes after the retention, also where it is more than goes at once")
  func pruning() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      let other = try schema.database().journal(of: Samples.otherVault)
      let others = try await other.acquire(holder: "one", at: JournalSamples.start)
      _ = try await other.commit(JournalChange(events: [JournalSamples.event(.healStarted)]), fence: others)
      let events = (0..<3000).map { JournalSamples.event(.stepStarted, after: $0) }
      var last: Int64 = 0
      for _ in 0..<4 {
        last = try await journal.commit(JournalChange(events: events), fence: fence).last?.sequence ?? 0
      }
      try await journal.markDelivered(through: last - 1, fence: fence)
      let late = JournalSamples.start + .seconds(86_400)
      #expect(try await journal.prune(before: late, fence: fence) == 11_999)
      #expect(try await journal.events(about: nil, last: 10).map(\.sequence) == [last])
      #expect(try await other.events(about: nil, last: 10).count == 1)
      #expect(try await journal.prune(before: late, fence: fence) == 0)
    }
  }

  @Test("has the addresses of operations sealed, and none without a secret; who reads with another one gets none")
  func sealed() async throws {
    try await withSchema { schema in
      try await JournalContract.tellStory(schema.database().journal(of: Samples.vault))
      for column in ["heal.body", "step.operation"] {
        let table = column.prefix { $0 != "." }
        let text = try await schema.raw("SELECT \(column) FROM \(table)").compactMap(\.first).compactMap { $0 }.joined()
        #expect(text.contains("sealed:") && !text.contains("a%2Fb%2Bc"))
      }
      let same = try await schema.database().journal(of: Samples.vault).load().items
      #expect(same == [JournalSamples.healingItem()])
      for secret in ["another", nil] as [String?] {
        let database = try schema.database { $0.sealSecret = secret }
        #expect(try await database.journal(of: Samples.vault).load().items == [JournalSamples.readItem()])
      }
      let without = try schema.database { $0.sealSecret = nil }.journal(of: Samples.otherVault)
      try await JournalContract.tellStory(without)
      #expect(try await without.load().items == [JournalSamples.readItem()])
      let body = try await schema.raw.text("SELECT body FROM heal WHERE shard = $1", .text(Samples.otherVault.key))
      #expect(body?.contains("sealed:") == false)
    }
  }

  @Test("names the row that cannot be understood, and skips none")
  func damagedRow() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      try await JournalContract.tellStory(journal)
      try await schema.raw("UPDATE item SET state = '{\"key\":\"half\"'")
      let error = await journalError { _ = try await journal.load() }
      #expect(error?.code == .damaged)
      #expect(error?.message.contains("table 'item'") == true)
      #expect(error?.message.contains(JournalSamples.key.text) == true)
    }
  }

  static let damages = [
    ("UPDATE item SET state = replace(state, 'erp-web-01', 'erp-web-02')", "item", JournalSamples.key.text),
    ("UPDATE heal SET body = replace(body, 'accepted', 'acceqted')", "heal", JournalSamples.healID),
    ("UPDATE event SET body = replace(body, 'install', 'instakl') WHERE sequence = 2", "event", "2"),
    ("UPDATE sink SET body = replace(body, 'delivered\":1', 'delivered\":2')", "sink", "log"),
    ("UPDATE identity SET body = replace(body, 'journal\":\"', 'journal\":\"0')", "identity", "1"),
    ("UPDATE sweep SET body = replace(body, 'pages', 'paget')", "sweep", Samples.vault.key),
    ("UPDATE step SET operation = replace(operation, 'c-1', 'c-2')", "step", JournalSamples.healID),
  ]

  @Test("is refused by name where a letter of it has changed", arguments: damages)
  func damaged(sql: String, table: String, key: String) async throws {
    try await withSchema { schema in
      let database = try schema.database()
      try await JournalContract.tellStory(database.journal(of: Samples.vault))
      try await database.journal.inspect()
      try await schema.raw(sql)
      for journal in [database.journal, database.journal(of: Samples.vault)] {
        let error = await journalError { try await journal.inspect() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("row '\(key)' of table '\(table)'") == true, "\(String(describing: error))")
      }
      let journal = database.journal(of: Samples.vault)
      let reads: [String: () async throws -> Void] = [
        "item": { _ = try await journal.load() }, "heal": { _ = try await journal.load() },
        "event": { _ = try await journal.events(about: nil, last: 10) },
        "sink": { _ = try await journal.undelivered(limit: 10) },
        "identity": { _ = try await journal.identity() }, "sweep": { _ = try await journal.sweeps() },
      ]
      guard let read = reads[table] else { return }
      let error = await journalError(read)
      #expect(error?.code == .damaged && error?.message.contains("table '\(table)'") == true)
    }
  }
}

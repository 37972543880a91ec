import AftercareTesting
import Foundation
import RecoveryCore
import Testing

@testable import PostgresJournal

/// Each with a real server behind a proxy that cuts.
@Suite("A commit whose connection ends")
struct LostCommitTests {
  static let change = JournalChange(
    item: JournalSamples.healingItem(),
    events: [JournalSamples.event(.healStarted), JournalSamples.event(.stepStarted, after: 1)])

  @Test(
    "is written once, and its events come back with their numbers, wherever it was cut",
    arguments: [
      [CommitProxy.Plan.cutBefore], [.cutBehind], [.hold], [.cutBehind, .cutBefore], [.cutBefore, .cutBehind],
      [.cutBefore, .cutBefore, .hold],
    ])
  func cut(plans: [CommitProxy.Plan]) async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        let first = try await journal.commit(JournalChange(events: [JournalSamples.event(.itemAdded)]), fence: fence)
        for plan in plans { proxy.meet(plan) }
        let recorded = try await journal.commit(Self.change, fence: fence)
        #expect(recorded.map(\.sequence) == [2, 3])
        #expect(recorded.map(\.event) == Self.change.events)
        let next = try await journal.commit(JournalChange(events: [JournalSamples.event(.healHealed)]), fence: fence)
        #expect(try await journal.events(about: nil, last: 10) == first + recorded + next)
        #expect(try await journal.load().items == [JournalSamples.healingItem()])
      }
    }
  }

  @Test("and arrives after it was given up is refused by the database")
  func late() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        proxy.meet(.hold)
        let recorded = try await journal.commit(Self.change, fence: fence)
        #expect(await proxy.deliver().contains("AC002"))
        #expect(try await journal.events(about: nil, last: 10) == recorded)
      }
    }
  }

  @Test("is awaited while the database is down, says so, and is known when it is up again")
  func outage() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let said = Guarded<[JournalError]>([])
        let database = try schema.database(at: url) { configuration in
          configuration.onAwait = { error in
            said.withLock { $0.append(error) }
            if said.withLock({ $0.count }) == 3 { proxy.comeUp() }
          }
        }
        let journal = database.journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        proxy.meet(.vanish)
        #expect(try await journal.commit(Self.change, fence: fence).map(\.sequence) == [1, 2])
        #expect(said.withLock { $0.count } >= 3)
        #expect(said.withLock { $0.allSatisfy { $0.code == .cannotOpen || $0.code == .failed } })
      }
    }
  }

  @Test("before anything was sent fails at once, and the next one is written")
  func down() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        proxy.goDown()
        let error = await journalError { _ = try await journal.commit(Self.change, fence: fence) }
        #expect(
          error?.code == .cannotOpen && error?.message.contains("cannot be reached") == true,
          "\(String(describing: error))")
        proxy.comeUp()
        #expect(try await journal.commit(Self.change, fence: fence).map(\.sequence) == [1, 2])
        #expect(try await journal.events(about: nil, last: 10).count == 2)
      }
    }
  }

  @Test("and whose vault was taken over meanwhile is fenced")
  func takenOver() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let other = try schema.database().journal(of: Samples.vault)
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        proxy.meet(.vanish)
        let held = Task { try await journal.commit(Self.change, fence: fence) }
        while proxy.pipelines.isEmpty { await Task.yield() }
        let next = try await other.acquire(holder: "two", at: JournalSamples.start)
        proxy.comeUp()
        let error = await journalError { _ = try await held.value }
        #expect(error?.code == .fenced)
        #expect(await proxy.deliver().contains("AC001"))
        #expect(try await other.events(about: nil, last: 10).isEmpty)
        #expect(try await other.commit(Self.change, fence: next).map(\.sequence) == [1, 2])
      }
    }
  }

  @Test("in a database that was meanwhile restored is refused: what is remembered is not what is there")
  func restored() async throws {
    try await withSchema { schema in
      let journal = try schema.database().journal(of: Samples.vault)
      let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
      _ = try await journal.commit(Self.change, fence: fence)
      try await schema.raw("UPDATE shard SET last_commit = 0")
      let error = await journalError { _ = try await journal.commit(Self.change, fence: fence) }
      #expect(error?.code == .fenced && error?.message.contains("restored from a backup") == true)
      let next = try await journal.acquire(holder: "one", at: JournalSamples.start)
      #expect(try await journal.commit(Self.change, fence: next).count == 2)
    }
  }

  @Test("and hangs in the server is waited for until that has let go of it")
  func hanging() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        proxy.meet(.hang)
        let held = Task { try await journal.commit(Self.change, fence: fence) }
        let waiting = """
          SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM aftercare_settle(%'
          """
        while try await schema.raw.text(waiting) == "0" { await Task.yield() }
        proxy.drop()
        let recorded = try await held.value
        #expect(recorded.map(\.sequence) == [1, 2])
        #expect(try await journal.events(about: nil, last: 10) == recorded)
      }
    }
  }

  @Test("keeps what else is written of the vault waiting: none is taken for another")
  func order() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        proxy.meet(.cutBehind, .hold, .cutBefore, .cutBehind, .hold)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<4 {
            group.addTask {
              _ = try await journal.commit(
                JournalChange(events: [JournalSamples.event(.stepStarted, after: Int64(number))]), fence: fence)
            }
            group.addTask { try await journal.record(JournalSamples.sweep(items: number), fence: fence) }
            group.addTask { try await journal.markDelivered(through: Int64(number), fence: fence) }
          }
          try await group.waitForAll()
        }
        let events = try await journal.events(about: nil, last: 10)
        #expect(events.map(\.sequence) == [1, 2, 3, 4])
        #expect(Set(events.map(\.event.at)).count == 4)
        #expect(try await schema.raw.text("SELECT sweeps FROM sweep") == "4")
      }
    }
  }

  @Test("goes out in one journey, however many changes it has")
  func journeys() async throws {
    try await withSchema { schema in
      try await withProxy(schema) { proxy, url in
        let journal = try schema.database(at: url).journal(of: Samples.vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        let changes = (0..<256).map { number in
          var item = JournalSamples.item(key: ItemKey("item \(number)"))
          item.heal = JournalSamples.heal(id: "heal-\(number)", item: item.key)
          return JournalChange(
            item: item, baseline: Baseline(item: item.key, machine: Samples.wellMachine(), at: JournalSamples.start),
            events: [JournalSamples.event(.itemAdded)])
        }
        #expect(try await journal.commit(changes, fence: fence).count == 256)
        #expect(proxy.pipelines.count == 1)
        let statements = proxy.pipelines.first?.components(separatedBy: "BEGIN").count
        #expect(statements == 2, "one transaction")
        #expect(try await journal.load().items.count == 256)
        #expect(try await schema.raw.text("SELECT count(*) FROM step") == "1024")
      }
    }
  }
}

import AftercareTesting
import Foundation
import RecoveryCore
import Testing

@testable import PostgresJournal

@Suite("The journal of all vaults")
struct WholeTests {
  static let span = Duration.seconds(3600)
  static let vaults = [Samples.vault, Samples.otherVault]

  /// Two vaults that are looked after, each with an item of the same key.
  private func withTwo(
    _ body: (any Journal, [(journal: any Journal, fence: Fence)], TestSchema) async throws -> Void
  ) async throws {
    try await withSchema { schema in
      let database = try schema.database(span: Self.span)
      var shards: [(any Journal, Fence)] = []
      for vault in Self.vaults {
        let journal = database.journal(of: vault)
        let fence = try await journal.acquire(holder: "one", at: JournalSamples.start)
        var item = JournalSamples.healingItem()
        item.vault = vault
        let change = JournalChange(item: item, events: [JournalSamples.event(.healStarted)])
        _ = try await journal.commit(change, fence: fence)
        shards.append((journal, fence))
      }
      try await body(schema.database(.orders).journal, shards, schema)
    }
  }

  @Test("has the items, the story and the heals of each, and none of the addresses of operations")
  func reading() async throws {
    try await withTwo { whole, shards, _ in
      let items = try await whole.load().items
      #expect(items.map(\.vault) == Self.vaults)
      #expect(items.allSatisfy { $0.heal == JournalSamples.readItem().heal })
      #expect(try await whole.events(about: nil, last: 10).map(\.sequence) == [1, 2])
      #expect(try await whole.events(about: "ERP-WEB-01", last: 10).count == 2)
      #expect(try await whole.events(after: 1, limit: 10).map(\.sequence) == [2])
      #expect(try await whole.heals(about: nil, last: 10).count == 2)
      #expect(try await whole.backlog() == ["log": 2])
      #expect(try await whole.undelivered(limit: 10).count == 2)
      try await shards[0].journal.markDelivered(through: 2, fence: shards[0].fence)
      #expect(try await whole.undelivered(limit: 10).map(\.sequence) == [2], "each vault has a place of its own")
      #expect(try await whole.identity() == shards[0].journal.identity())
      #expect(try await shards[0].journal.events(about: nil, last: 10).map(\.sequence) == [1])
      try await whole.inspect()
    }
  }

  @Test("writes nothing that needs a fence, and says who does")
  func fenced() async throws {
    try await withTwo { whole, shards, _ in
      let fence = shards[0].fence
      let writes: [() async throws -> Void] = [
        { _ = try await whole.acquire(holder: "two", at: JournalSamples.start) },
        { _ = try await whole.commit(JournalChange(), fence: fence) },
        { try await whole.record(JournalSamples.sweep(), fence: fence) },
        { try await whole.markDelivered(through: 1, fence: fence) },
        { _ = try await whole.prune(before: JournalSamples.start, fence: fence) },
      ]
      for write in writes {
        let error = await journalError(write)
        #expect(error?.code == .readOnly && error?.message.contains("looks after a vault") == true)
      }
    }
  }

  @Test("shows a pause of one vault before another's brake, and all alerts")
  func brakes() async throws {
    try await withTwo { whole, shards, _ in
      let alert = Alert(
        .failover, of: "f", in: Samples.vault, level: .error, machines: [.parked: 1], names: ["erp-web-01"], cause: "c",
        remedy: "r", since: JournalSamples.start)
      var brakes = Brakes()
      brakes.countFrom = JournalSamples.start
      var change = JournalChange(alerts: [alert])
      change.brakes = brakes
      _ = try await shards[0].journal.commit(change, fence: shards[0].fence)
      brakes.pause = Brakes.Pause(reason: "freeze", since: JournalSamples.start)
      change.brakes = brakes
      _ = try await shards[1].journal.commit(change, fence: shards[1].fence)
      let image = try await whole.load()
      #expect(image.brakes == brakes)
      #expect(image.alerts == [alert, alert])
    }
  }

  private func answer(
    _ shard: (journal: any Journal, fence: Fence), _ number: Int64, _ text: String, isRefusal: Bool = false
  ) async throws {
    let answer = OrderAnswer(to: number, text, isRefusal: isRefusal)
    _ = try await shard.journal.commit(JournalChange(answers: [answer]), fence: shard.fence)
  }

  @Test("gives an order to every vault, and its answer is there when all have answered")
  func orders() async throws {
    try await withTwo { whole, shards, _ in
      let pause = try await whole.give(.pause(reason: "freeze"), at: JournalSamples.start)
      for shard in shards { #expect(try await shard.journal.openOrders().map(\.number) == [pause]) }
      try await answer(shards[0], pause, "paused")
      #expect(try await shards[0].journal.openOrders().isEmpty)
      #expect(try await shards[1].journal.openOrders().map(\.order) == [.pause(reason: "freeze")])
      #expect(try await whole.answer(to: pause) == nil)
      #expect(try await whole.openOrders().map(\.number) == [pause])
      try await answer(shards[1], pause, "paused")
      #expect(try await whole.answer(to: pause) == OrderAnswer(to: pause, "paused"))
      #expect(try await whole.openOrders().isEmpty)

      let approve = try await whole.give(.approve(nil), at: JournalSamples.start)
      try await answer(shards[0], approve, "nothing waits", isRefusal: true)
      try await answer(shards[1], approve, "2 heals approved")
      #expect(try await whole.answer(to: approve) == OrderAnswer(to: approve, "2 heals approved"))
      let next = try await whole.give(.approve(nil), at: JournalSamples.start)
      try await answer(shards[0], next, "1 heal approved")
      try await answer(shards[1], next, "2 heals approved")
      #expect(try await whole.answer(to: next)?.text == "1 heal approved; 2 heals approved")
    }
  }

  @Test("takes an order for one machine as answered by the vault that has it, and as refused when all refuse")
  func single() async throws {
    try await withTwo { whole, shards, _ in
      let retry = try await whole.give(.retry("erp-web-01"), at: JournalSamples.start)
      try await answer(shards[0], retry, "no such machine", isRefusal: true)
      #expect(try await whole.answer(to: retry) == nil)
      try await answer(shards[1], retry, "taken up anew")
      #expect(try await whole.answer(to: retry) == OrderAnswer(to: retry, "taken up anew"))
      let first = try await whole.give(.heal("erp-web-01"), at: JournalSamples.start)
      try await answer(shards[0], first, "is healed")
      #expect(try await whole.answer(to: first)?.text == "is healed", "the others need not be waited for")
      let none = try await whole.give(.retry("nobody"), at: JournalSamples.start)
      for shard in shards { try await answer(shard, none, "no such machine", isRefusal: true) }
      #expect(try await whole.answer(to: none) == OrderAnswer(to: none, "no such machine", isRefusal: true))
    }
  }

  @Test("does not wait for a vault that nobody looks after any more")
  func unwanted() async throws {
    try await withTwo { whole, shards, schema in
      let pause = try await whole.give(.pause(reason: "freeze"), at: JournalSamples.start)
      try await answer(shards[0], pause, "paused")
      try await schema.raw(
        "UPDATE shard SET expires_at = clock_timestamp() - interval '1 hour' WHERE vault = $1",
        .text(Samples.otherVault.key))
      #expect(try await whole.answer(to: pause)?.text == "paused")
      // Wanted by an instance that has not got it yet.
      try await schema.raw(
        "UPDATE shard SET wanted_at = clock_timestamp() WHERE vault = $1", .text(Samples.otherVault.key))
      #expect(try await whole.answer(to: pause) == nil)
      #expect(try await shards[1].journal.openOrders().count == 1)
    }
  }

  @Test("keeps an order that was given before anybody ran for all that come")
  func early() async throws {
    try await withSchema { schema in
      let database = try schema.database(span: Self.span)
      let number = try await database.journal.give(.pause(reason: "freeze"), at: JournalSamples.start)
      #expect(try await database.journal.openOrders().map(\.number) == [number])
      _ = try await database.leases.beat(
        LeaseTests.one, renewing: [:], wanting: Set(Self.vaults), for: Self.span)
      for vault in Self.vaults {
        #expect(try await database.journal(of: vault).openOrders().map(\.number) == [number])
      }
    }
  }

  @Test("forgets an order once every vault has answered it and it is old")
  func pruning() async throws {
    try await withTwo { whole, shards, schema in
      let pause = try await whole.give(.pause(reason: "freeze"), at: JournalSamples.start)
      // By the server's clock, which is the present.
      let late = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) + .seconds(86_400)
      try await answer(shards[0], pause, "paused")
      #expect(try await shards[0].journal.prune(before: late, fence: shards[0].fence) == 0)
      try await answer(shards[1], pause, "paused")
      #expect(try await shards[0].journal.prune(before: late, fence: shards[0].fence) == 1)
      #expect(try await schema.raw.text("SELECT count(*) FROM order_answer") == "0")
    }
  }
}

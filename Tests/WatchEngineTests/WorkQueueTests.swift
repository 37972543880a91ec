import AftercareTesting
import RecoveryCore
import Synchronization
import Testing

@testable import WatchEngine

@Suite("The work queue", .timeLimit(.minutes(10)))
struct WorkQueueTests {
  /// Runs a queue until it has handled so many keys; returns them in the order in which they came.
  static func handled(
    _ count: Int, by queue: WorkQueue, _ handle: @escaping @Sendable (ItemKey) async -> Timestamp? = { _ in nil }
  ) async -> [ItemKey] {
    let (keys, seen) = AsyncStream.makeStream(of: ItemKey.self)
    return await withTaskGroup(of: [ItemKey]?.self) { group in
      group.addTask {
        await queue.run { key, _ in
          let next = await handle(key)
          seen.yield(key)
          return next
        }
        return nil
      }
      group.addTask {
        var all: [ItemKey] = []
        for await key in keys {
          all.append(key)
          if all.count == count { break }
        }
        return all
      }
      let all = await group.first { $0 != nil } ?? nil
      group.cancelAll()
      return all ?? []
    }
  }

  @Test("takes what a recovery plan boots first, then what is due longest")
  func order() async {
    let time = ManualTime(now: Samples.start)
    let queue = WorkQueue(limit: 1, time: time)
    let keys = ["late", "early", "third", "first", "second"].map { ItemKey($0) }
    for (age, key) in keys.enumerated() {
      await queue.schedule(key, at: Samples.start - .seconds(Int64(age == 0 ? 1 : 100 - age)))
    }
    await queue.rank([keys[2]: 3, keys[3]: 1, keys[4]: 2])
    #expect(await Self.handled(5, by: queue) == [keys[3], keys[4], keys[2], keys[1], keys[0]])
  }

  @Test("takes a machine that was taken apart before a heal that has started, and that before all others")
  func begun() async {
    let time = ManualTime(now: Samples.start)
    let queue = WorkQueue(limit: 1, time: time)
    let keys = ["over", "apart", "started", "ranked"].map { ItemKey($0) }
    for (age, key) in keys.enumerated() {
      await queue.schedule(key, at: Samples.start - .seconds(Int64(1 + age)))
      await queue.note(key, [.takenApart, .takenApart, .started, .idle][age])
    }
    await queue.note(keys[0], .idle)
    await queue.rank([keys[3]: 1])
    #expect(await Self.handled(4, by: queue) == [keys[1], keys[2], keys[3], keys[0]])
  }

  @Test("gives one look of eight to whom more urgent ones kept waiting longest, and none of these to an idle one")
  func share() async {
    let time = ManualTime(now: Samples.start)
    let queue = WorkQueue(limit: 1, time: time)
    let keys = (0..<20).map { ItemKey("apart-\($0)") } + ["moving", "started", "idle"].map { ItemKey($0) }
    for (number, key) in keys.enumerated() {
      await queue.schedule(key, at: Samples.start - .seconds(Int64(number)))
      if number < 20 { await queue.note(key, .takenApart) }
    }
    await queue.note(keys[20], .moving)
    await queue.note(keys[21], .started)
    let handled = await Self.handled(23, by: queue)
    #expect(handled.firstIndex(of: keys[21]) == 7)
    #expect(handled.firstIndex(of: keys[20]) == 15)
    #expect(handled.last == keys[22])
    #expect(Set(handled).count == 23)
  }

  @Test("gives a test machine the place of its item")
  func drills() async {
    let time = ManualTime(now: Samples.start)
    let queue = WorkQueue(limit: 1, time: time)
    await queue.schedule(ItemKey("other"), at: Samples.start - .seconds(9))
    await queue.schedule(ItemKey("ranked").drill, at: Samples.start)
    await queue.rank([ItemKey("ranked"): 1])
    #expect(await Self.handled(2, by: queue) == [ItemKey("ranked").drill, ItemKey("other")])
  }

  @Test("handles a key once however often it was asked for, and once more when asked for meanwhile")
  func once() async {
    let time = ManualTime(now: Samples.start)
    let queue = WorkQueue(limit: 4, time: time)
    let key = ItemKey("a")
    for _ in 0..<10 { await queue.schedule(key, at: Samples.start) }
    let turns = Mutex(0)
    let all = await Self.handled(2, by: queue) { key in
      let turn = turns.withLock { turn in
        turn += 1
        return turn
      }
      if turn == 1 { await queue.schedule(key, at: Samples.start) }
      return nil
    }
    #expect(all == [key, key])
    #expect(await queue.waiting == 0)
  }

  @Test("never has one key in two hands, nor more keys in hand than its limit")
  func bounded() async {
    let time = ManualTime(now: Samples.start)
    let queue = WorkQueue(limit: 3, time: time)
    let keys = (0..<50).map { ItemKey("item \($0)") }
    for key in keys { await queue.schedule(key, at: Samples.start) }
    let hands = Mutex<(now: Set<ItemKey>, most: Int, doubled: Int)>(([], 0, 0))
    let all = await Self.handled(200, by: queue) { key in
      hands.withLock { hands in
        if !hands.now.insert(key).inserted { hands.doubled += 1 }
        hands.most = max(hands.most, hands.now.count)
      }
      await Task.yield()
      hands.withLock { _ = $0.now.remove(key) }
      return Samples.start
    }
    #expect(all.count == 200)
    #expect(hands.withLock { $0.doubled } == 0)
    #expect(hands.withLock { $0.most } <= 3)
  }
}

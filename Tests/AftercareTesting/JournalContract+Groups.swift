import RecoveryCore

extension JournalContract {
  static func groupIsWhole(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let changes = (1...40).map { number in
      JournalChange(
        item: JournalSamples.item(key: ItemKey("item \(number)")), events: [JournalSamples.event(.itemAdded)])
    }
    let recorded = try await journal.commit(changes, fence: fence)
    try expect(recorded.map(\.sequence) == recorded.map(\.sequence).sorted(), "numbered in order: \(recorded)")
    let items = try await journal.load().items
    try expect(recorded.count == 40 && items.count == 40, "all of them are there: \(items.count)")
    try await expectFenced {
      _ = try await journal.commit(
        [JournalChange(events: [JournalSamples.event(.itemGone)])], fence: Fence(token: fence.token - 1))
    }
    let events = try await journal.events(about: nil, last: 100)
    try expect(events == recorded, "of the refused group nothing is there")
  }

  static func baselinesComeBack(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let none = try await journal.baseline(of: JournalSamples.key)
    try expect(none == nil, "nothing was learned yet")
    var baseline = Baseline(item: JournalSamples.key, machine: Samples.wellMachine(), at: JournalSamples.start)
    baseline.extensions = JournalSamples.heal().desired.extensions
    _ = try await journal.commit(JournalChange(baseline: baseline), fence: fence)
    let first = try await journal.baseline(of: JournalSamples.key)
    try expect(first == baseline, "the baseline is as it was: \(String(describing: first))")

    // Found unchanged: the same content, confirmed later.
    var confirmed = baseline
    confirmed.confirmed = baseline.learned + .seconds(600)
    _ = try await journal.commit(JournalChange(baseline: confirmed), fence: fence)
    var changed = confirmed
    changed.extensions = []
    changed.learned = baseline.learned + .seconds(1200)
    _ = try await journal.commit(JournalChange(baseline: changed), fence: fence)
    let newest = try await journal.baseline(of: JournalSamples.key)
    try expect(newest == changed, "the newest content counts: \(String(describing: newest))")
    let history = try await journal.baselines(of: JournalSamples.key, last: 10)
    try expect(history == [confirmed, changed], "every content is remembered once, newest last: \(history)")
    let other = try await journal.baselines(of: ItemKey("another"), last: 10)
    try expect(other.isEmpty, "another item has none")
  }

  static func itemIsForgotten(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let events = [JournalSamples.event(.healStarted)]
    _ = try await journal.commit(JournalChange(item: JournalSamples.healingItem(), events: events), fence: fence)
    _ = try await journal.commit(JournalChange(forgotten: JournalSamples.key), fence: fence)
    let items = try await journal.load().items
    try expect(items.isEmpty, "nothing of the item's state stays: \(items)")
    let story = try await journal.events(about: JournalSamples.key.text, last: 10)
    let heals = try await journal.heals(about: JournalSamples.key.text, last: 10)
    try expect(story.count == 1 && heals.count == 1, "its story stays")
  }

  static func ordersAreKept(_ journal: any Journal) async throws {
    // Orders need no fence: they are given by commands beside the one writer.
    let pause = try await journal.give(.pause(reason: "freeze"), at: JournalSamples.start)
    let approve = try await journal.give(.approve(nil), at: JournalSamples.start)
    let open = try await journal.openOrders()
    try expect(open.map(\.number) == [pause, approve], "oldest first: \(open)")
    try expect(open.first?.order == .pause(reason: "freeze"), "as it was given: \(open)")
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    var brakes = Brakes()
    brakes.pause = Brakes.Pause(reason: "freeze", since: JournalSamples.start)
    let answer = OrderAnswer(to: pause, "paused")
    _ = try await journal.commit(JournalChange(brakes: brakes, answers: [answer]), fence: fence)
    let image = try await journal.load()
    try expect(image.brakes == brakes, "the brakes are as they were: \(image.brakes)")
    let left = try await journal.openOrders()
    try expect(left.map(\.number) == [approve], "what is answered is not open: \(left)")
    let given = try await journal.answer(to: pause)
    let none = try await journal.answer(to: approve)
    try expect(given == answer && none == nil, "the answer can be read")
    try await expectFenced {
      _ = try await journal.commit(
        JournalChange(answers: [OrderAnswer(to: approve, "no")]), fence: Fence(token: fence.token - 1))
    }
    let still = try await journal.openOrders()
    try expect(still.map(\.number) == [approve], "a stale holder answers nothing")
  }

  static func oldIsForgotten(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let events = (0..<3).map { JournalSamples.event(.stepStarted, after: $0 * 100) }
    let recorded = try await journal.commit(
      JournalChange(item: JournalSamples.healingItem(), events: events), fence: fence)
    try await journal.markDelivered(recorded.prefix(2).map(\.sequence), fence: fence)
    let forgotten = try await journal.prune(before: JournalSamples.start + .seconds(86_400), fence: fence)
    try expect(forgotten == 2, "what was told goes: \(forgotten)")
    let left = try await journal.events(about: nil, last: 10)
    try expect(left == Array(recorded.suffix(1)), "what has yet to be told stays: \(left)")
    let items = try await journal.load().items
    try expect(items == [JournalSamples.healingItem()], "an item keeps the heal that it refers to")
  }
}

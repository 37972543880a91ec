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
    try await journal.markDelivered(through: recorded[1].sequence, fence: fence)
    let forgotten = try await journal.prune(before: JournalSamples.start + .seconds(86_400), fence: fence)
    try expect(forgotten == 2, "what was told goes: \(forgotten)")
    let left = try await journal.events(about: nil, last: 10)
    try expect(left == Array(recorded.suffix(1)), "what has yet to be told stays: \(left)")
    let items = try await journal.load().items
    try expect(items == [JournalSamples.healingItem()], "an item keeps the heal that it refers to")
  }

  static func eventsAreReadOn(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let kinds: [EventKind] = [.daemonStarted, .failoverNoticed, .failoverCompleted, .healStarted]
    let recorded = try await journal.commit(
      JournalChange(events: kinds.map { JournalSamples.event($0) }), fence: fence)
    let next = try await journal.events(after: recorded[0].sequence, limit: 2)
    try expect(next == Array(recorded[1...2]), "the next two, oldest first: \(next)")
    let end = try await journal.events(after: recorded[3].sequence, limit: 2)
    try expect(end.isEmpty, "behind the newest there is none: \(end)")
  }

  static func failoversAreFound(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    func event(_ kind: EventKind, _ failover: String?, after seconds: Int64, item: String = "a") -> Event {
      var event = JournalSamples.event(kind, after: seconds)
      event.item = ItemKey(item)
      event.fields["failover"] = failover
      return event
    }
    let events = [
      event(.failoverNoticed, "first", after: 0), event(.healStarted, "first", after: 60),
      event(.failoverNoticed, "first", after: 30, item: "b"), event(.failoverNoticed, "second", after: 3600),
      event(.legWell, nil, after: 7200),
    ]
    let recorded = try await journal.commit(
      JournalChange(item: JournalSamples.healingItem(), events: events), fence: fence)
    let failovers = try await journal.failovers(last: 10)
    let first = FailoverRecord(
      id: "first", vault: Samples.vault, began: JournalSamples.start, latest: JournalSamples.start + .seconds(60),
      items: 2)
    try expect(failovers.map(\.id) == ["first", "second"], "both, newest last: \(failovers)")
    try expect(failovers.first == first, "with its times and its items: \(failovers)")
    let newest = try await journal.failovers(last: 1).map(\.id)
    try expect(newest == ["second"], "the newest: \(newest)")
    let story = try await journal.events(of: "first")
    try expect(story == Array(recorded.prefix(3)), "its story and no other's: \(story)")
    let heals = try await journal.heals(of: "first").map(\.id)
    try expect(heals == [JournalSamples.healID], "the heal that it led to: \(heals)")
    let none = try await journal.events(of: "fir")
    try expect(none.isEmpty, "half an id finds nothing: \(none)")
  }

  static func alertsComeBack(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    var alert = Alert(
      .failover, of: "kv-dr-20260203T101500Z", in: Samples.vault, level: .error, machines: [.parked: 2, .healed: 3],
      names: ["erp-web-01"], cause: "the role is missing", remedy: "Grant it.", since: JournalSamples.start)
    alert.told = .init(at: JournalSamples.start, level: .error, machines: [.parked: 2, .healed: 3], names: [])
    _ = try await journal.commit(JournalChange(alerts: [alert]), fence: fence)
    let standing = try await journal.load().alerts
    try expect(standing == [alert], "the alert is as it was: \(standing)")
    _ = try await journal.commit(JournalChange(item: JournalSamples.item()), fence: fence)
    let after = try await journal.load().alerts
    try expect(after == [alert], "another change leaves it: \(after)")
    _ = try await journal.commit(JournalChange(alerts: []), fence: fence)
    let none = try await journal.load().alerts
    try expect(none.isEmpty, "and it goes: \(none)")
  }
}

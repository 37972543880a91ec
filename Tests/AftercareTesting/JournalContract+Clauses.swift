import RecoveryCore

extension JournalContract {
  static func newIsEmpty(_ journal: any Journal) async throws {
    let items = try await journal.load().items
    let events = try await journal.events(about: nil, last: 10)
    let heals = try await journal.heals(about: nil, last: 10)
    let waiting = try await journal.undelivered(limit: 10)
    let sweeps = try await journal.sweeps()
    try expect(
      items.isEmpty && events.isEmpty && heals.isEmpty && waiting.isEmpty && sweeps.isEmpty, "nothing is there")
  }

  static func itemComesBack(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    var item = JournalSamples.item()
    _ = try await journal.commit(JournalChange(item: item), fence: fence)
    let first = try await journal.load().items
    try expect(first == [item], "the item is as it was: \(first)")
    item.nextLook = item.nextLook + .seconds(600)
    item.reason = .allWell
    item.failover?.isSettled = true
    item.live?.vmID = nil
    let other = JournalSamples.item(key: ItemKey("another"))
    _ = try await journal.commit(JournalChange(item: item), fence: fence)
    _ = try await journal.commit(JournalChange(item: other), fence: fence)
    // Twice: a commit that changes nothing is a commit like any other.
    _ = try await journal.commit(JournalChange(item: other), fence: fence)
    let second = try await journal.load().items
    try expect(second == ItemStates([item, other]).sorted(), "both items are as they were: \(second)")
  }

  static func writtenPartsStay(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let first = JournalSamples.healingItem()
    _ = try await journal.commit(JournalChange(item: first), fence: fence)

    var step = first
    step.heal?.steps[2].state = .skipped
    step.lastLook = JournalSamples.start + .seconds(100)
    var change = JournalChange(item: step, events: [JournalSamples.event(.stepStarted)])
    change.isStateWritten = true
    _ = try await journal.commit(change, fence: fence)
    var expected = first
    expected.heal = step.heal
    let stepped = try await journal.load().items
    try expect(stepped == [expected], "the heal alone is the changed one: \(stepped)")

    var look = step
    look.legs = [LegVerdict(.machine, .healthy, "running")]
    change = JournalChange(item: look)
    change.isHealWritten = true
    _ = try await journal.commit(change, fence: fence)
    let looked = try await journal.load().items
    try expect(looked == [look], "the state is the changed one, and the heal is still there: \(looked)")

    change = JournalChange(item: look, events: [JournalSamples.event(.stepStarted)])
    change.isStateWritten = true
    change.isHealWritten = true
    let told = try await journal.commit([change, JournalChange(item: first)], fence: fence)
    let last = try await journal.load().items
    try expect(told.count == 1 && last == [first], "one that says nothing of it hinders no other: \(last)")
  }

  static func healComesAndGoes(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    var item = JournalSamples.healingItem()
    _ = try await journal.commit(JournalChange(item: item), fence: fence)
    let loaded = try await journal.load().items
    try expect(loaded == [item], "the item has its heal: \(loaded)")
    let operation = loaded.first?.heal?.steps.dropFirst().first?.operation
    try expect(operation?.statusURL?.text == JournalSamples.statusURL, "the operation's URL is the same, byte for byte")

    // Another round with fewer steps, and the end.
    item.heal?.round = 2
    item.heal?.steps.removeLast()
    item.heal?.status = .parked("the role is missing")
    item.heal?.ended = JournalSamples.start + .seconds(900)
    _ = try await journal.commit(JournalChange(item: item), fence: fence)
    let parked = try await journal.load().items
    try expect(parked == [item], "the heal is the changed one: \(parked)")

    let old = item.heal
    item.heal = nil
    _ = try await journal.commit(JournalChange(item: item), fence: fence)
    let bare = try await journal.load().items
    try expect(bare == [item], "the item has no heal any more: \(bare)")
    let heals = try await journal.heals(about: nil, last: 10)
    try expect(heals == [old].compactMap { $0 }, "the heal is still part of the history: \(heals)")
  }

  static func staleFenceIsRefused(_ journal: any Journal) async throws {
    let stale = try await journal.acquire(holder: "first", at: JournalSamples.start)
    let valid = try await journal.acquire(holder: "second", at: JournalSamples.start + .seconds(1))
    try expect(valid.token > stale.token, "tokens grow: \(stale.token), \(valid.token)")
    let change = JournalChange(item: JournalSamples.healingItem(), events: [JournalSamples.event(.healStarted)])
    try await expectFenced { _ = try await journal.commit(change, fence: stale) }
    try await expectFenced { try await journal.record(JournalSamples.sweep(), fence: stale) }
    try await newIsEmpty(journal)

    let recorded = try await journal.commit(change, fence: valid)
    try await expectFenced { try await journal.markDelivered(through: recorded[0].sequence, fence: stale) }
    let waiting = try await journal.undelivered(limit: 10)
    try expect(waiting == recorded, "a stale holder marks nothing as delivered: \(waiting)")
  }

  static func noFenceIsRefused(_ journal: any Journal) async throws {
    let change = JournalChange(item: JournalSamples.item())
    try await expectFenced { _ = try await journal.commit(change, fence: Fence(token: 1)) }
    try await newIsEmpty(journal)
  }

  static func eventsAreNumbered(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let kinds: [EventKind] = [.failoverNoticed, .failoverCompleted, .healStarted, .healHealed]
    let events = kinds.map { JournalSamples.event($0) }
    let first = try await journal.commit(JournalChange(events: Array(events.prefix(2))), fence: fence)
    let second = try await journal.commit(JournalChange(events: Array(events.suffix(2))), fence: fence)
    let recorded = first + second
    try expect(recorded.map { $0.event } == events, "the events come back in their order: \(recorded)")
    let numbers = recorded.map { $0.sequence }
    try expect(Set(numbers).count == 4 && numbers == numbers.sorted(), "numbers grow: \(numbers)")
    let last = try await journal.events(about: nil, last: 3)
    try expect(last == Array(recorded.suffix(3)), "the last three, newest last: \(last)")
  }

  static func eventsWaitForDelivery(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    // All levels wait: what is worth telling is the sink's to say.
    let kinds: [EventKind] = [.itemAdded, .legWell, .healStarted, .legBroken, .healParked]
    let change = JournalChange(events: kinds.map { JournalSamples.event($0) })
    let recorded = try await journal.commit(change, fence: fence)
    let oldest = try await journal.undelivered(limit: 2)
    try expect(oldest == Array(recorded.prefix(2)), "the oldest come first: \(oldest)")
    try await journal.markDelivered(through: oldest[1].sequence, fence: fence)
    // Again, as after a crash between the sink's yes and the mark; and a late one changes nothing.
    try await journal.markDelivered(through: oldest[1].sequence, fence: fence)
    try await journal.markDelivered(through: oldest[0].sequence, fence: fence)
    let rest = try await journal.undelivered(limit: 100)
    try expect(rest == Array(recorded.dropFirst(2)), "the others still wait: \(rest)")
    let all = try await journal.events(about: nil, last: 100)
    try expect(all == recorded, "a delivered event stays in the story: \(all)")
  }

  static func eventsAreFound(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let foreign = Event(
      .failoverNoticed, at: JournalSamples.start, item: ItemKey("other"), itemName: "erp-db-01",
      machine: Samples.id("/subscriptions/1111/resourceGroups/rg-ukw/providers/Microsoft.Compute/virtualMachines/db"))
    let general = Event(.daemonStarted, at: JournalSamples.start)
    let change = JournalChange(events: [JournalSamples.event(.healStarted), foreign, general])
    let recorded = try await journal.commit(change, fence: fence)
    let mine = Array(recorded.prefix(1))
    let machine = Samples.recovered
    let id = machine.text
    for subject in [JournalSamples.key.text, "ERP-Web-01", id.uppercased(), id + "/", machine.name] {
      let found = try await journal.events(about: subject, last: 10)
      try expect(found == mine, "'\(subject)' finds the one event: \(found)")
    }
    let none = try await journal.events(about: "erp-web", last: 10)
    try expect(none.isEmpty, "half a name finds nothing: \(none)")
  }

  static func healsAreFound(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    let item = JournalSamples.healingItem()
    _ = try await journal.commit(JournalChange(item: item), fence: fence)
    for subject in [item.key.text, item.name.uppercased(), Samples.recovered.text, "ERP-WEB-01"] {
      let found = try await journal.heals(about: subject, last: 10)
      try expect(found == [JournalSamples.heal()], "'\(subject)' finds the heal: \(found)")
    }
    let none = try await journal.heals(about: "erp-db-01", last: 10)
    try expect(none.isEmpty, "another name finds nothing: \(none)")
  }

  static func lastSweepIsKept(_ journal: any Journal) async throws {
    let fence = try await journal.acquire(holder: "test", at: JournalSamples.start)
    try await journal.record(JournalSamples.sweep(items: 3), fence: fence)
    var latest = JournalSamples.sweep(items: 4)
    latest.fault = Fault(.unreachable, code: "ConnectionReset", message: "reset", resource: Samples.vault.text)
    try await journal.record(latest, fence: fence)
    let sweeps = try await journal.sweeps()
    try expect(sweeps == [latest], "one report a vault, the latest: \(sweeps)")
  }
}

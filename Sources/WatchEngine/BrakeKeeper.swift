package import RecoveryCore
import ServiceLifecycle

/// Carries out what people order, puts the brake of the failure rate on and off, and lets those go on that a canary kept.
package struct BrakeKeeper: Service {
  private let journal: any Journal
  private let fleet: Fleet
  private let time: any TimeSource
  private let voice: JournalVoice
  /// An item must be looked at now, perhaps with a wish.
  private let wake: @Sendable (ItemKey, Occasion.Wish?) async -> Void

  private static let pause: Duration = .seconds(1)

  package init(
    journal: any Journal, fleet: Fleet, time: any TimeSource, voice: JournalVoice,
    wake: @escaping @Sendable (ItemKey, Occasion.Wish?) async -> Void
  ) {
    self.journal = journal
    self.fleet = fleet
    self.time = time
    self.voice = voice
    self.wake = wake
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do throws(JournalError) {
          for (key, wish) in try await look(at: time.now) { await wake(key, wish) }
        } catch {
          voice.failed("orders cannot be taken up", error)
        }
        try? await time.sleep(until: time.now + BrakeKeeper.pause)
      }
    }
  }

  /// Items that must be looked at now, perhaps with a wish.
  package typealias Wakes = [(key: ItemKey, wish: Occasion.Wish?)]

  /// One look at the orders, at the failure rate, and at who has waited long enough.
  package func look(at now: Timestamp) async throws(JournalError) -> Wakes {
    var wakes: Wakes = []
    for recorded in try await journal.openOrders() { wakes += try await carryOut(recorded, at: now) }
    if let next = await fleet.summary.due(at: now) {
      try await fleet.commit(JournalChange(brakes: next, events: [event(for: next, at: now)]))
    }
    wakes += await fleet.released().map { ($0, nil) }
    return wakes
  }

  private func event(for brakes: Brakes, at now: Timestamp) -> Event {
    guard let trip = brakes.trip else { return Event(.brakeOff, at: now, fields: ["brake": "failureRate"]) }
    return Event(
      .brakeOn, at: now,
      fields: [
        "brake": "failureRate", "parked": String(trip.parked), "ended": String(trip.ended),
        "until": trip.until.iso8601,
        "remedy": "Look at the parked machines, then run `aftercare resume`; else it is tried again by itself.",
      ])
  }

  // MARK: - Orders

  private func carryOut(_ recorded: RecordedOrder, at now: Timestamp) async throws(JournalError) -> Wakes {
    switch recorded.order {
    case .pause(let reason):
      var brakes = await fleet.summary.brakes
      brakes.pause = Brakes.Pause(reason: reason, since: now)
      let words = "paused: no heal starts, and nothing further is taken apart; what was is put together again"
      try await fleet.commit(
        JournalChange(
          brakes: brakes, answers: [OrderAnswer(to: recorded.number, words)],
          events: [
            Event(
              .brakeOn, at: now, level: .warning,
              fields: ["brake": "pause", "reason": reason, "remedy": "Run `aftercare resume`."])
          ]))
      return []
    case .resume: return try await resume(recorded, at: now)
    case .approve(let subject): return try await approve(recorded, subject, at: now)
    case .retry(let subject): return try await retry(recorded, subject, at: now)
    case .heal(let subject): return try await heal(recorded, subject, at: now)
    }
  }

  private func resume(_ recorded: RecordedOrder, at now: Timestamp) async throws(JournalError) -> Wakes {
    let old = await fleet.summary.brakes
    guard !old.isOff else { return try await refuse(recorded, "no brake is on") }
    var brakes = Brakes()
    brakes.countFrom = now
    let released = [old.pause.map { _ in "pause" }, old.trip.map { _ in "failureRate" }].compactMap { $0 }
    try await fleet.commit(
      JournalChange(
        brakes: brakes, answers: [OrderAnswer(to: recorded.number, "heals start again")],
        events: released.map { Event(.brakeOff, at: now, fields: ["brake": $0]) }))
    return await fleet.all().filter { $0.held != nil || $0.heal?.status.isRunning ?? false }.map { ($0.key, nil) }
  }

  /// Level-based, like everything: the order stays open until nothing waits that waited when it was given, so that a
  /// crash in the middle of it leaves nothing out.
  private func approve(
    _ recorded: RecordedOrder, _ subject: String?, at now: Timestamp
  ) async throws(JournalError) -> Wakes {
    let meant: ItemStates
    if let subject {
      meant = await fleet.items(named: subject)
      if meant.isEmpty { return try await refuse(recorded, "no watched item or machine is called '\(subject)'") }
    } else {
      meant = await fleet.all()
    }
    let waiting = meant.filter { state in
      state.approved == nil && state.held.map { $0.reason == .awaitingApproval && $0.since <= recorded.given } ?? false
    }
    guard waiting.isEmpty else { return waiting.map { ($0.key, .approve) } }
    let approved = meant.filter { $0.approved.map { $0 >= recorded.given } ?? false }
    if approved.isEmpty { return try await refuse(recorded, "nothing of that waits for approval") }
    return try await answer(recorded, "approved: \(approved.map(\.name).joined(separator: ", "))")
  }

  private func retry(
    _ recorded: RecordedOrder, _ subject: String, at now: Timestamp
  ) async throws(JournalError) -> Wakes {
    let meant = await fleet.items(named: subject)
    if meant.isEmpty { return try await refuse(recorded, "no watched item or machine is called '\(subject)'") }
    let parked = meant.filter { if case .parked = $0.heal?.status { true } else { false } }
    let waiting = parked.filter { $0.heal?.ended.map { $0 <= recorded.given } ?? false }
    guard waiting.isEmpty else { return waiting.map { ($0.key, .retry) } }
    let tried = meant.filter { $0.isCommanded(since: recorded.given) }
    if tried.isEmpty { return try await refuse(recorded, "'\(subject)' is not parked") }
    return try await answer(recorded, "tried again: \(tried.map(\.name).joined(separator: ", "))")
  }

  private func heal(
    _ recorded: RecordedOrder, _ subject: String, at now: Timestamp
  ) async throws(JournalError) -> Wakes {
    let meant = await fleet.items(named: subject).filter { $0.live != nil }
    guard meant.count == 1, let item = meant.first else {
      return try await refuse(
        recorded, meant.isEmpty ? "no watched machine is called '\(subject)'" : "'\(subject)' is more than one machine")
    }
    if item.isCommanded(since: recorded.given) { return try await answer(recorded, "\(item.name) is looked after now") }
    if item.heal?.status.isRunning ?? false || item.transition != nil {
      return try await refuse(recorded, "\(item.name) is being looked after already")
    }
    return [(item.key, .retry)]
  }

  private func answer(
    _ recorded: RecordedOrder, _ words: String, isRefusal: Bool = false
  ) async throws(JournalError) -> Wakes {
    try await fleet.commit(
      JournalChange(answers: [OrderAnswer(to: recorded.number, words, isRefusal: isRefusal)]))
    return []
  }

  private func refuse(_ recorded: RecordedOrder, _ words: String) async throws(JournalError) -> Wakes {
    try await answer(recorded, words, isRefusal: true)
  }
}

extension ItemState {
  /// Whether a person's command has been taken up since it was given.
  fileprivate func isCommanded(since given: Timestamp) -> Bool {
    failover.map { $0.cause == .commanded && $0.completed >= given } ?? false
  }
}

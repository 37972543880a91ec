public import RecoveryCore

/// What is known of every item, in memory and in the journal, in that order of speed and the reverse order of truth:
/// memory changes only after the journal has taken the change.
public actor Fleet {
  private(set) var states = StateTable()
  private(set) var index = ItemIndex()
  /// The resource groups that failovers of listed items would put their machines into.
  private(set) var landings: Set<ResourceID> = []
  private var notable = NotableItems()
  private var book = AlertBook()
  /// What decisions have to know of the others.
  package private(set) var summary: FleetSummary
  /// Trials whose end has let go who waited for it; nil when somebody waits who need not.
  private var trialsSeen: Int? = 0
  /// Items of which a change could not be written: what the journal has of them is written anew, whatever it is.
  private var unsettled: Set<ItemKey> = []
  /// Grows with every change of an item's state that is more than when it was looked at.
  package private(set) var revision = 0
  private let journal: any Journal
  private let fence: Fence
  private let stream: EventStream
  private let onCommit: @Sendable () -> Void
  private var waiting: [Waiting] = []
  private var isWriting = false

  /// Changes of one transaction.
  private static let mostChanges = 256

  package init(
    journal: any Journal, fence: Fence, brakes: BrakePolicy = BrakePolicy(), stream: EventStream,
    onCommit: @escaping @Sendable () -> Void
  ) {
    summary = FleetSummary(policy: brakes)
    self.journal = journal
    self.fence = fence
    self.stream = stream
    self.onCommit = onCommit
  }

  /// Start-up is recovery: there is no other start. States are taken over while the next ones are read.
  ///
  /// - Parameter note: what the caller has to know of each, in the order of the journal.
  package func load<Note: Sendable>(
    noting note: @Sendable (ItemState) -> Note?
  ) async throws(JournalError) -> [Note] {
    let (parts, handed) = AsyncStream.makeStream(of: (states: [KeptState], expected: Int).self)
    async let read = Fleet.read(journal, to: handed)
    var notes: [Note] = []
    for await part in parts {
      if count == 0 {
        states.reserveCapacity(part.expected)
        index.reserveCapacity(part.expected)
        notes.reserveCapacity(part.expected)
      }
      for kept in part.states {
        if let note = take(kept, noting: note) { notes.append(note) }
      }
    }
    let image = try await read.get()
    summary.brakes = image.brakes
    book = AlertBook(image.alerts)
    return notes
  }

  private static func read(
    _ journal: any Journal, to handed: AsyncStream<(states: [KeptState], expected: Int)>.Continuation
  ) async -> Result<JournalImage, JournalError> {
    defer { handed.finish() }
    return await Result { () async throws(JournalError) in
      try await journal.load { states, expected in handed.yield((states, expected)) }
    }
  }

  private func take<Note>(_ kept: KeptState, noting note: (ItemState) -> Note?) -> Note? {
    // Taken out once: each access would copy it.
    let state = kept.state
    states.updateValue(kept, forKey: state.key)
    notable.add(state)
    summary.update(state.key, state)
    if !state.key.isDrill { index.update(state) }
    return note(state)
  }

  /// How many items are known.
  package var count: Int { states.values.count }

  public func state(_ key: ItemKey) -> ItemState? { states[key] }

  /// Those of the items that are known.
  package func states(_ keys: [ItemKey]) -> ItemStates { states[keys] }

  func urgency(of key: ItemKey) -> Urgency { states[key]?.urgency ?? .idle }

  public var brakes: Brakes { summary.brakes }

  /// The items whose heals waited for another machine, when one has ended its trial since this was asked last.
  package func released() -> [ItemKey] {
    guard summary.trialsEnded != trialsSeen else { return [] }
    trialsSeen = summary.trialsEnded
    return states.values.filter(\.isHeldByCanary).map(\.key)
  }

  public func all() -> ItemStates { states.all.sorted() }

  package func key(of item: ProtectedItem) -> ItemKey { index.key(of: item) }

  /// The items of a page that show something new, each with its key and what is known of it.
  package func news(in items: [ProtectedItem]) -> (changed: [(ItemKey, ProtectedItem)], keys: [ItemKey]) {
    var changed: [(ItemKey, ProtectedItem)] = []
    var keys: [ItemKey] = []
    for item in items {
      let key = index.key(of: item)
      let state = states[key]
      // The key that is in memory anyhow.
      keys.append(state?.key ?? key)
      if let group = item.recoveryResourceGroup { landings.insert(group) }
      if let state, state.isCurrent(with: item) { continue }
      changed.append((key, item))
    }
    return (changed, keys)
  }

  /// Items of the vault that are known to be listed and were not.
  package func unlisted(in vault: ResourceID, besides seen: Set<ItemKey>) -> ItemStates {
    states.all.filter { $0.isListed && $0.vault == vault && !seen.contains($0.key.item) }.sorted()
  }

  /// Items that something is going on with.
  public var moving: Int { states.values.count { $0.isOnTheMove } }

  package func isMoving(in vault: ResourceID) -> Int { states.values.count { $0.vault == vault && $0.isOnTheMove } }

  /// What the item's machine had while it was well. It is not held in memory: a fleet is large, and a look is rare.
  package func baseline(_ key: ItemKey) async throws(JournalError) -> Baseline? {
    try await journal.baseline(of: key.item)
  }

  /// The keys of items that are known by their ARM ids.
  package func keys(of order: [(key: ResourceID, value: Int)]) -> [ItemKey: Int] {
    Dictionary(
      order.compactMap { place in index.key(ofItem: place.key).map { ($0, place.value) } }, uniquingKeysWith: min)
  }

  /// The listed items whose test failover has begun or ended since it was looked at.
  package func drills(in items: [ProtectedItem], for decider: Decider) -> [(ItemKey, ProtectedItem)] {
    items.compactMap { item in
      let key = index.key(of: item).drill
      return decider.wantsDrillLook(item, known: states[key]) ? (key, item) : nil
    }
  }

  /// Writes a change down, and takes it over when it is written.
  ///
  /// Returns false, and writes nothing, for what was decided under brakes that are not as they were: two machines that
  /// look at the same moment must not both be the one canary.
  ///
  /// - Parameter seen: the trials that had ended when it was decided. Who waits for one that has ended since is let go.
  @discardableResult
  package func commit(_ change: JournalChange, seeing seen: Int? = nil) async throws(JournalError) -> Bool {
    guard let next = change.item.map(KeptState.init) else {
      try await write(change)
      if let forgotten = change.forgotten { forget(forgotten) }
      if let brakes = change.brakes { summary.brakes = brakes }
      return true
    }
    var change = change
    guard let isSame = reserve(next.state, for: &change) else { return false }
    do throws(JournalError) {
      if change.tellsMore || !isSame { try await write(change) }
    } catch {
      restore(next.state.key)
      throw error
    }
    if !isSame { revision += 1 }
    replace(with: next, seeing: seen)
    return true
  }

  // None of these is part of the frame in which the disk is waited for.

  /// Takes the state's place among the others before the disk is waited for, and tells whether all that must outlive the
  /// process is as it was; nil where the others do not allow it.
  @inline(never)
  private func reserve(_ next: ItemState, for change: inout JournalChange) -> Bool? {
    let old = states[next.key]
    guard summary.admits(next, after: old) else { return nil }
    summary.update(next.key, next)
    guard let old, !unsettled.contains(next.key) else { return false }
    let isSame = old.isSameForGood(as: next)
    if change.tellsMore || !isSame {
      change.isHealWritten = old.heal == next.heal
      change.isStateWritten = old.isSameBesideHeal(as: next)
    }
    return isSame
  }

  @inline(never)
  private func restore(_ key: ItemKey) {
    unsettled.insert(key)
    summary.update(key, states[key])
  }

  @inline(never)
  private func replace(with next: KeptState, seeing seen: Int?) {
    unsettled.remove(next.state.key)
    if let seen, seen != summary.trialsEnded, next.state.isHeldByCanary { trialsSeen = nil }
    let replaced = states.updateValue(next, forKey: next.state.key)?.state
    notable.update(replaced, to: next.state)
    if !next.state.key.isDrill { index.update(next.state, replacing: replaced) }
  }

  @inline(never)
  private func forget(_ key: ItemKey) {
    notable.update(states.removeValue(forKey: key)?.state, to: nil)
    revision += 1
    summary.update(key, nil)
  }

  /// The items that a person means by a name, a key, a machine or its id.
  package func items(named subject: String) -> ItemStates {
    var subject = subject.lowercased()
    while subject.count > 1, subject.hasSuffix("/") { subject.removeLast() }
    return all().filter { state in
      state.key.text == subject || state.name.lowercased() == subject || state.live?.id.key == subject
        || state.live?.id.name.lowercased() == subject
    }
  }

  package func say(_ events: [Event]) async throws(JournalError) {
    guard !events.isEmpty else { return }
    try await write(JournalChange(events: events))
  }

  // MARK: - Alerts

  public var alerts: [Alert] { book.standing }

  /// Says what has become different in what stands.
  package func alert(
    _ unreadable: [ResourceID: Outlook.Unreadable], under policy: AlertPolicy, at now: Timestamp
  ) async throws(JournalError) {
    let standing = book.standing.filter { $0.name == .failover }.map(\.subject)
    let outlook = Outlook(
      failovers: notable.failovers(besides: standing).mapValues { states[$0] },
      others: states[notable.others], brakes: summary.brakes, unreadable: unreadable)
    var next = book
    let events = next.update(outlook.alerts(under: policy, at: now), policy: policy, at: now)
    guard next != book else { return }
    // What only gathers, and was told to nobody, need not outlive the process.
    if !events.isEmpty { try await write(JournalChange(alerts: next.standing, events: events)) }
    book = next
  }

  // MARK: - Writing

  private struct Waiting {
    let change: JournalChange
    let written: CheckedContinuation<Result<Void, JournalError>, Never>
  }

  /// Returns when the change is on the disk. Changes of many items that come while another one is written share the
  /// next transaction: each alone would wait for the disk, and a first sight of 10,000 items for minutes.
  private func write(_ change: JournalChange) async throws(JournalError) {
    let result = await withCheckedContinuation { written in
      waiting.append(Waiting(change: change, written: written))
      guard !isWriting else { return }
      isWriting = true
      // What has happened is written down even when the daemon is told to stop meanwhile: the task shields the write
      // from the cancellation of its caller.
      Task { await self.writeWaiting() }
    }
    try result.get()
  }

  private func writeWaiting() async {
    while !waiting.isEmpty {
      let batch = Array(waiting.prefix(Fleet.mostChanges))
      waiting.removeFirst(batch.count)
      let result = await commit(batch.map(\.change))
      if case .failure(let error) = result, error.code == .failed, batch.count > 1 {
        // One change that cannot be written must not keep the others from being.
        for one in batch { one.written.resume(returning: await commit([one.change])) }
      } else {
        for one in batch { one.written.resume(returning: result) }
      }
    }
    isWriting = false
  }

  private func commit(_ changes: [JournalChange]) async -> Result<Void, JournalError> {
    do throws(JournalError) {
      let recorded = try await journal.commit(changes, fence: fence)
      await stream.publish(recorded)
      if !recorded.isEmpty { onCommit() }
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}

extension ItemState {
  fileprivate var isHeldByCanary: Bool { reason == .heldByCanary && isHealing }
}

public import RecoveryCore

/// What is known of every item, in memory and in the journal, in that order of speed and the reverse order of truth:
/// memory changes only after the journal has taken the change.
public actor Fleet {
  private var states: [ItemKey: ItemState] = [:]
  private var index = ItemIndex()
  private let journal: any Journal
  private let fence: Fence
  private let stream: EventStream
  private let onCommit: @Sendable () -> Void

  init(journal: any Journal, fence: Fence, stream: EventStream, onCommit: @escaping @Sendable () -> Void) {
    self.journal = journal
    self.fence = fence
    self.stream = stream
    self.onCommit = onCommit
  }

  /// Start-up is recovery: there is no other start.
  func load() async throws(JournalError) -> [ItemState] {
    let image = try await journal.load()
    for state in image.items {
      states[state.key] = state
      index.update(state)
    }
    return image.items
  }

  public func state(_ key: ItemKey) -> ItemState? { states[key] }

  public func all() -> [ItemState] { states.values.sorted { $0.key < $1.key } }

  func key(of item: ProtectedItem) -> ItemKey { index.key(of: item) }

  /// The items of a page that show something new, each with its key and what is known of it.
  func news(in items: [ProtectedItem]) -> (changed: [(ItemKey, ProtectedItem)], keys: [ItemKey]) {
    var changed: [(ItemKey, ProtectedItem)] = []
    var keys: [ItemKey] = []
    for item in items {
      let key = index.key(of: item)
      keys.append(key)
      if let state = states[key], state.isCurrent(with: item) { continue }
      changed.append((key, item))
    }
    return (changed, keys)
  }

  /// Items of the vault that are known to be listed and were not.
  func unlisted(in vault: ResourceID, besides seen: Set<ItemKey>) -> [ItemState] {
    states.values.filter { $0.isListed && $0.vault == vault && !seen.contains($0.key) }
  }

  func isMoving(in vault: ResourceID) -> Int { states.values.count { $0.vault == vault && $0.isOnTheMove } }

  func commit(_ next: ItemState, _ events: [Event]) async throws(JournalError) {
    if events.isEmpty, let known = states[next.key], known.isSameForGood(as: next) {
      states[next.key] = next
      return
    }
    try await write(JournalChange(item: next, events: events))
    let old = states.updateValue(next, forKey: next.key)
    index.update(next, replacing: old)
  }

  func say(_ events: [Event]) async throws(JournalError) {
    guard !events.isEmpty else { return }
    try await write(JournalChange(events: events))
  }

  private func write(_ change: JournalChange) async throws(JournalError) {
    let (journal, fence) = (journal, fence)
    // What has happened is written down even when the daemon is told to stop meanwhile: the task shields the write
    // from the cancellation of its caller.
    let writing = Task { () -> Result<[RecordedEvent], JournalError> in
      do throws(JournalError) {
        return .success(try await journal.commit(change, fence: fence))
      } catch {
        return .failure(error)
      }
    }
    let recorded = try await writing.value.get()
    await stream.publish(recorded)
    if !recorded.isEmpty { onCommit() }
  }
}

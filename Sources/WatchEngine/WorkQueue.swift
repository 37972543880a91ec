import HeapModule
import RecoveryCore

/// Keys that are due for a look, each at most once: one worker a machine, many machines side by side, bounded.
///
/// An entry carries only an identity. Whoever handles it reads the whole current state, so that ten reasons to look
/// are one look. A key that becomes due while it is handled is handled once more afterwards.
actor WorkQueue {
  private struct Entry: Comparable {
    let due: Timestamp
    let key: ItemKey
    static func < (left: Entry, right: Entry) -> Bool { (left.due, left.key) < (right.due, right.key) }
  }

  /// What is due and waits for a worker: first what is urgent; then what a recovery plan boots first; then what is due
  /// longest.
  private struct Ready: Comparable {
    let urgency: Urgency
    let rank: Int
    let entry: Entry
    static func < (left: Ready, right: Ready) -> Bool {
      (left.urgency, left.rank, left.entry) < (right.urgency, right.rank, right.entry)
    }
  }

  private var heap = Heap<Entry>()
  private var ready = Heap<Ready>()
  /// Those of `ready` that are not idle, by how long they are due.
  private var overdue = Heap<Entry>()
  private var taken = 0
  private var ranks: [ItemKey: Int] = [:]
  private var urgencies: [ItemKey: Urgency] = [:]
  /// The time that counts for a key; heap entries that differ from it are stale and skipped.
  private(set) var due: [ItemKey: Timestamp] = [:]
  private var running: Set<ItemKey> = []
  /// What nobody has looked at yet.
  private var occasions: [ItemKey: Occasion] = [:]
  private let limit: Int
  private let alarm = Alarm()
  private let time: any TimeSource

  init(limit: Int, time: any TimeSource) {
    self.limit = limit
    self.time = time
  }

  /// Looks at the key at that time, or before when that was asked for already; then it says false.
  @discardableResult
  func schedule(_ key: ItemKey, at time: Timestamp, for occasion: Occasion? = nil) -> Bool {
    if let occasion { occasions[key, default: Occasion()].merge(occasion) }
    if let known = due[key], known <= time { return false }
    due[key] = time
    heap.insert(Entry(due: time, key: key))
    alarm.ring()
    return true
  }

  /// Of many keys at once: a heap that is made of all of them costs less than one that takes them singly.
  func schedule(_ keys: some Collection<(ItemKey, Timestamp)>) {
    due.reserveCapacity(due.count + keys.count)
    var sooner: [Entry] = []
    sooner.reserveCapacity(keys.count)
    for (key, time) in keys where WorkQueue.lower(&due[key], to: time) { sooner.append(Entry(due: time, key: key)) }
    heap.insert(contentsOf: sooner)
    alarm.ring()
  }

  /// False when it was so low already.
  private static func lower(_ due: inout Timestamp?, to time: Timestamp) -> Bool {
    if let due, due <= time { return false }
    due = time
    return true
  }

  /// The order in which recovery plans boot items: where workers are short, the first come first.
  func rank(_ ranks: [ItemKey: Int]) { self.ranks.merge(ranks) { _, new in new } }

  /// How urgent the item is from now on.
  func note(_ key: ItemKey, _ urgency: Urgency) { urgencies[key] = urgency == .idle ? nil : urgency }

  /// Handles what is due until the task is cancelled; what is being handled is waited for.
  func run(_ handle: @escaping @Sendable (ItemKey, Occasion) async -> Timestamp?) async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        while let key = takeDue() {
          let occasion = occasion(of: key)
          group.addTask {
            let next = await handle(key, occasion)
            await self.finish(key, next: next)
          }
        }
        await alarm.wait(until: nextDue, on: time)
      }
      group.cancelAll()
    }
  }

  /// Taken out for the look that is now.
  private func occasion(of key: ItemKey) -> Occasion {
    let occasion = occasions.removeValue(forKey: key) ?? Occasion()
    // A table keeps the room of all that it ever held: half a kilobyte for each machine of a wave.
    if occasions.isEmpty { occasions = [:] }
    return occasion
  }

  var waiting: Int { due.count }
  var busy: Int { running.count }

  /// One of so many looks is at whom the more urgent ones kept waiting longest: in a wave there is always one more urgent,
  /// and the last machines would begin when all others are well.
  private static let share = 8

  private func takeDue() -> ItemKey? {
    guard running.count < limit else { return nil }
    let now = time.now
    while let entry = heap.min, entry.due <= now {
      heap.removeMin()
      let urgency = urgencies[entry.key] ?? .idle
      ready.insert(Ready(urgency: urgency, rank: ranks[entry.key.item] ?? .max, entry: entry))
      if urgency != .idle { overdue.insert(entry) }
    }
    if taken % WorkQueue.share == WorkQueue.share - 1 {
      while let next = overdue.popMin() {
        if take(next) { return next.key }
      }
    }
    while let next = ready.popMin() {
      if take(next.entry) { return next.entry.key }
    }
    overdue = Heap()
    return nil
  }

  /// False for what is stale, or handled just now, when it stays due and `finish` puts it back.
  private func take(_ entry: Entry) -> Bool {
    guard due[entry.key] == entry.due, !running.contains(entry.key) else { return false }
    due[entry.key] = nil
    running.insert(entry.key)
    taken += 1
    return true
  }

  private func finish(_ key: ItemKey, next: Timestamp?) {
    running.remove(key)
    if let asked = due[key] { heap.insert(Entry(due: asked, key: key)) }
    if let next { schedule(key, at: next) }
    alarm.ring()
  }

  private var nextDue: Timestamp {
    // With every worker busy only the end of one is news.
    if running.count >= limit { return time.now + .seconds(60) }
    return ready.isEmpty ? heap.min?.due ?? time.now + .seconds(60) : time.now
  }
}

import Logging
import RecoveryCore
import ServiceLifecycle
import Synchronization

/// Takes hints from outside and has the watch look early where they point: a vault by ringing its poller, an item by
/// making its key due. What is found is found by the watch.
///
/// Taking a hint costs next to nothing and tells nobody whether it is of use: it is put with others, and compared with
/// what is known by a task of the desk's own. A flood is a few bits a vault and a time an item.
public final class HintDesk: Sendable {
  /// What became of a hint, or of a request that should have brought some.
  public enum Outcome: String, Sendable, CaseIterable {
    /// It names a vault, an item or a machine that is watched, or everything.
    case known
    /// It names something new in a subscription of ours: every vault is looked at.
    case unknown
    /// It lies in a subscription that no item lives in or lands in.
    case foreign
    /// Another one that waited says the same, or more.
    case merged
    /// A request without the secret.
    case refused
    /// A request that says nothing that is understood.
    case invalid
  }

  private struct State {
    var pending = PendingHints()
    var counts: [Outcome: Int] = [:]
    /// When hints had, or will have, an item looked at; as old as `pause` at the most.
    var looks: [ItemKey: Timestamp] = [:]
  }

  /// Of two early looks at the same item, and of two early sweeps of the same vault. Azure takes minutes for a failover
  /// and tells of it with many events in a row: one look every few seconds sees all of them, and reads less than a tenth
  /// of what ARM lets one principal read.
  static let pause: Duration = .seconds(5)
  /// Hints that come so close to each other are followed together.
  private static let gather: Duration = .milliseconds(200)

  private let fleet: Fleet
  private let queue: WorkQueue
  private let pollers: [ResourceID: Alarm]
  private let time: any TimeSource
  private let logger: Logger
  private let alarm = Alarm()
  private let state = Mutex(State())

  init(vaults: [ResourceID], fleet: Fleet, queue: WorkQueue, time: any TimeSource, logger: Logger) {
    pollers = Dictionary(vaults.map { ($0, Alarm()) }) { first, _ in first }
    self.fleet = fleet
    self.queue = queue
    self.time = time
    self.logger = logger
  }

  /// Rings when a hint points at the vault.
  func nudge(of vault: ResourceID) -> Alarm { pollers[vault] ?? Alarm() }

  /// Returns at once; the hints are followed soon, and within limits.
  public func take(_ hints: some Sequence<Hint>) {
    state.withLock { state in
      for hint in hints { state.counts[.merged, default: 0] += state.pending.insert(hint) }
    }
    alarm.ring()
  }

  /// A request that brought no hint.
  public func count(_ outcome: Outcome) { state.withLock { $0.counts[outcome, default: 0] += 1 } }

  /// Since the start, by outcome.
  public var counts: [Outcome: Int] { state.withLock { $0.counts } }

  /// Distinct hints that wait to be followed.
  var pending: Int { state.withLock { $0.pending.hints.count } }

  func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      while !Task.isCancelled {
        await alarm.wait(until: time.now + .seconds(3600), on: time)
        await follow()
        try? await time.sleep(until: time.now + HintDesk.gather)
      }
    }
  }

  /// Has the watch look where the hints that wait point.
  func follow() async {
    let hints = state.withLock { $0.pending.take() }
    guard !hints.isEmpty else { return }
    let meaning = await fleet.meaning(of: hints, watching: Set(pollers.keys))
    for vault in meaning.vaults { pollers[vault]?.ring() }
    await hasten(meaning.items)
    state.withLock { $0.counts.merge(meaning.counts, uniquingKeysWith: +) }
    logger.debug(
      "hints are followed",
      metadata: [
        "vaults": "\(meaning.vaults.map(\.name).sorted().joined(separator: ", "))", "items": "\(meaning.items.count)",
        "unknown": "\(meaning.counts[.unknown] ?? 0)", "foreign": "\(meaning.counts[.foreign] ?? 0)",
      ])
  }

  /// A look that is due before that sees what was hinted at as well.
  private func hasten(_ keys: Set<ItemKey>) async {
    let now = time.now
    let recent = state.withLock { state in
      // What lies further ahead than a pause was noted before the clock was set back.
      state.looks = state.looks.filter { (now - HintDesk.pause...now + HintDesk.pause).contains($0.value) }
      return state.looks
    }
    for key in keys {
      let due = recent[key].map { max(now, $0 + HintDesk.pause) } ?? now
      if await queue.schedule(key, at: due) { state.withLock { $0.looks[key] = due } }
    }
  }
}

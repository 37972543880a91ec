import Logging
import RecoveryCore

/// Handles one item: asks the decision what to do, does it, and hands the result to the next decision.
///
/// It is mechanical. Whatever is decided is committed before it is done, so that a crash between any two lines leaves
/// a journal from which the next start goes on.
struct ItemWorker: Sendable {
  let fleet: Fleet
  let cloud: any Cloud
  let decider: Decider
  let steps: StepRunner
  let tally: RequestTally
  let time: any TimeSource
  let logger: Logger
  /// Called when another instance has taken the journal over: this one must stop.
  let onFenced: @Sendable (JournalError) -> Void

  /// A decision that asks for one more read each time would be a mistake of ours; it may not spin.
  private static let mostTurns = 64

  /// Returns when to look at the item again; nil for an item that is unknown.
  func handle(_ key: ItemKey, listed item: ProtectedItem?) async -> Timestamp? {
    do throws(JournalError) {
      return try await work(key, listed: item)
    } catch {
      // Nothing was done that is not in the journal: the look is repeated when it may be written again.
      logger.error(
        "the journal does not take a change", metadata: ["item": "\(key)", "cause": "\(error.message)"])
      if error.code == .fenced { onFenced(error) }
      return time.now + .seconds(5)
    }
  }

  private func work(_ key: ItemKey, listed item: ProtectedItem?) async throws(JournalError) -> Timestamp? {
    var known = await fleet.state(key)
    if known == nil, let item { known = decider.introduce(item, key: key, at: time.now) }
    guard var state = known else { return nil }
    var seen = Observation(item: item)
    for _ in 0..<ItemWorker.mostTurns {
      if Task.isCancelled { return time.now }
      var decision = decider.decide(state, seeing: seen, at: time.now)
      try await fleet.commit(decision.next, decision.events, learning: decision.learned)
      state = decision.next
      switch decision.action {
      case .lookAgain(let next): return next
      case .forget:
        try await fleet.forget(key)
        return nil
      case .readItem:
        await tally.count(.item, for: state.vault)
        do throws(Fault) {
          seen.item = try await cloud.protectedItem(state.itemID, in: state.vault)
          seen.itemIsFresh = true
        } catch {
          if error.kind == .stopped { return time.now }
          decision = decider.unreadable(state, error, at: time.now)
          try await fleet.commit(decision.next, decision.events)
          if case .lookAgain(let next) = decision.action { return next }
        }
      case .readMachine(let id, let associations):
        seen.machine = await read(id, associations: associations, for: state.vault)
        if case .failed(let fault) = seen.machine, fault.kind == .stopped { return time.now }
      case .readSource(let id):
        seen.source = await read(id, associations: true, for: state.vault)
        if case .failed(let fault) = seen.source, fault.kind == .stopped { return time.now }
      case .readData(let id, let sources, let since):
        do throws(Fault) {
          await tally.count(.query, for: state.vault)
          seen.data = .read(try await cloud.rows(of: id, in: sources, since: since))
        } catch {
          if error.kind == .stopped { return time.now }
          seen.data = .failed(error)
        }
      case .readBaseline: seen.baseline = BaselineReading(try await fleet.baseline(key))
      case .perform(let ordinal):
        guard let heal = state.heal else { return time.now }
        var machine: Machine?
        if case .found(let found) = seen.machine { machine = found }
        switch await steps.advance(heal, step: ordinal, on: machine) {
        case .stopped: return time.now
        case .pollAgain(let next): return next
        case .settled(let outcome, let next):
          let (settled, events) = decider.settle(state, step: ordinal, outcome: outcome, at: time.now)
          try await fleet.commit(settled, events)
          state = settled
          if let next { return next }
        }
        // What was read before the effect says nothing about the time after it.
        seen.machine = .notRead
      }
    }
    logger.error("an item is decided without end", metadata: ["item": "\(key)", "reason": "\(state.reason.rawValue)"])
    return time.now + decider.policy.machine
  }

  private func read(_ id: ResourceID, associations: Bool, for vault: ResourceID) async -> MachineReading {
    do throws(Fault) {
      await tally.count(.instanceView, for: vault)
      guard var machine = try await cloud.machine(id) else { return .absent }
      if associations {
        await tally.count(.associations, for: vault)
        machine.associations = try await cloud.associations(of: id)
      }
      return .found(machine)
    } catch {
      return .failed(error)
    }
  }
}

import Logging
import RecoveryCore

/// Handles one item: drives its turn over the network and the journal. It is mechanical; what is to be done is the
/// turn's to say.
struct ItemWorker: Sendable {
  let fleet: Fleet
  let cloud: any Cloud
  let decider: Decider
  let settings: EngineSettings
  let tally: RequestTally
  let time: any TimeSource
  let logger: Logger
  let voice: JournalVoice
  /// Called when another instance has taken the journal over: this one must stop.
  let onFenced: @Sendable (JournalError) -> Void

  /// Returns when to look at the item again; nil for an item that is unknown.
  func handle(_ key: ItemKey, for occasion: Occasion) async -> Timestamp? {
    do throws(JournalError) {
      return try await work(key, for: occasion)
    } catch {
      // Nothing was done that is not in the journal: the look is repeated when it may be written again.
      voice.failed("the journal does not take a change", error, ["item": "\(key)"])
      if error.code == .fenced { onFenced(error) }
      return time.now + .seconds(5)
    }
  }

  private func work(_ key: ItemKey, for occasion: Occasion) async throws(JournalError) -> Timestamp? {
    guard let turn = await turn(of: key, for: occasion) else { return nil }
    var answer: ItemTurn.Answer?
    while true {
      if Task.isCancelled { return time.now }
      switch turn.advance(answer, at: time.now) {
      case .finish(let next):
        if turn.isEndless {
          logger.error(
            "an item is decided without end", metadata: ["item": "\(key)", "reason": "\(turn.state.reason.rawValue)"])
        }
        return next
      case .commit(let change): answer = try await commit(change, of: turn)
      case .readBaseline(let key): answer = .baseline(try await fleet.baseline(key))
      case let request: answer = await ask(request, in: turn)
      }
    }
  }

  // A look holds its frame for as long as Azure takes to answer, and the frame of an async function has room for whatever
  // is inlined into it: these had 86 KB together.

  /// A turn of what is known of the item; nil for one that is not, and is not listed either.
  @inline(never)
  private func turn(of key: ItemKey, for occasion: Occasion) async -> ItemTurn? {
    var known = await fleet.state(key)
    if known == nil, let item = occasion.listed { known = decider.introduce(item, key: key, at: time.now) }
    guard let known else { return nil }
    return ItemTurn(known, for: occasion, fleet: await fleet.summary, decider: decider, settings: settings)
  }

  @inline(never)
  private func commit(_ change: JournalChange, of turn: ItemTurn) async throws(JournalError) -> ItemTurn.Answer {
    try await fleet.commit(change, seeing: turn.trialsSeen) ? .committed : .refused(await fleet.summary)
  }

  /// Asks Azure.
  @inline(never)
  private func ask(_ request: ItemTurn.Request, in turn: ItemTurn) async -> ItemTurn.Answer? {
    let (cloud, vault) = (self.cloud.asking(with: turn.urgency), turn.state.vault)
    switch request {
    case .readItem(let id, let vault):
      await tally.count(.item, for: vault)
      return .item(await Result { () async throws(Fault) in try await cloud.protectedItem(id, in: vault) })
    case .readMachine(let id, let associations):
      return .machine(await read(id, associations: associations, of: cloud, in: turn))
    case .readAssociations(let id):
      await tally.count(.associations, for: vault)
      return .associations(await Result { () async throws(Fault) in try await cloud.associations(of: id) })
    case .readRows(let id, let former, let sources, let since):
      await tally.count(.query, for: vault)
      let result = await Result { () async throws(Fault) in
        try await cloud.rows(of: id, after: former, in: sources, since: since)
      }
      switch result {
      case .success(let spans): return .rows(.read(spans))
      case .failure(let fault): return .rows(.failed(fault))
      }
    case .begin(let effect):
      return .progress(await Result { () async throws(Fault) in try await cloud.begin(effect) })
    case .poll(let operation):
      return .progress(await Result { () async throws(Fault) in try await cloud.poll(operation) })
    case .commit, .readBaseline, .finish: return nil
    }
  }

  private func read(
    _ id: ResourceID, associations: Bool, of cloud: any Cloud, in turn: ItemTurn
  ) async -> MachineReading {
    do throws(Fault) {
      await tally.count(.instanceView, for: turn.state.vault)
      guard var machine = try await cloud.machine(id) else { return .absent }
      if associations {
        await tally.count(.associations, for: turn.state.vault)
        machine.associations = try await cloud.asking(with: turn.urgency.onceBegun).associations(of: id)
      }
      return .found(machine)
    } catch {
      return .failed(error)
    }
  }
}

import JournalFormat
import RecoveryCore

/// Changes that are committed together, as few statements however many they are: one a table.
///
/// They are folded first, in their order: of what several changes say about one row, the last one holds.
struct ChangeGroup {
  private var states: [ItemKey: ItemTable.Entry] = [:]
  private var heals: [String: Heal] = [:]
  private var forgotten: Set<ItemKey> = []
  private var baselines: [String: Baseline] = [:]
  private var brakes: Brakes?
  private var alerts: [Alert]?
  private var answers: [Int64: OrderAnswer] = [:]
  private(set) var events: [Event] = []

  init(_ changes: [JournalChange]) {
    for change in changes { take(change) }
  }

  private mutating func take(_ change: JournalChange) {
    if let item = change.item {
      if let heal = item.heal, !change.isHealWritten { heals[heal.id] = heal }
      if !change.isStateWritten { states[item.key] = (item, change.time(of: item)) }
    }
    if let key = change.forgotten {
      states[key] = nil
      forgotten.insert(key)
    }
    if let baseline = change.baseline {
      baselines["\(baseline.learned.milliseconds) \(baseline.item.text)"] = baseline
    }
    if let brakes = change.brakes { self.brakes = brakes }
    if let alerts = change.alerts { self.alerts = alerts }
    for answer in change.answers { answers[answer.number] = answer }
    events += change.events
  }

  /// What was forgotten goes first: an item that came back in the same group begins anew. Events are last, because of
  /// the lock that their numbers take.
  func statements(in shard: String, sealedBy seal: OperationSeal?) throws -> [Statement] {
    var all: [Statement] = []
    if !forgotten.isEmpty { all.append(ItemTable.remove(forgotten.sorted(), in: shard)) }
    if !heals.isEmpty {
      all.append(try HealTable.write(heals.values.sorted { $0.id < $1.id }, in: shard, sealedBy: seal))
    }
    let entries = states.values.sorted { $0.item.key < $1.item.key }
    if !entries.isEmpty {
      all.append(try ItemTable.write(entries, in: shard))
      if let machines = MachineTable.write(entries, in: shard) { all.append(machines) }
    }
    if !baselines.isEmpty { all += try BaselineTable.write(Array(baselines.values), in: shard) }
    if let brakes { all.append(try BrakeTable.write(brakes, in: shard)) }
    if let alerts { all.append(try BrakeTable.write(alerts, in: shard)) }
    if !answers.isEmpty { all.append(try OrderTable.answer(Array(answers.values), in: shard)) }
    if !events.isEmpty { all.append(try EventTable.append(events, in: shard)) }
    return all
  }
}

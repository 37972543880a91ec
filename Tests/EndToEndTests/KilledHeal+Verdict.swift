import AftercareApp
import RecoveryCore

/// What must hold wherever a heal was cut off.
extension KilledHeal {
  /// One install an extension, everything there and sending, nothing else touched: by the simulator's own truth.
  static func untrue(_ truth: SimulatorTruth) -> [String] {
    truth.machines.flatMap { machine in
      let verdict = TruthVerdict(machine, item: truth.items.first { $0.name == machine.item })
      let again = machine.extensions.filter { machine.role == "live" && $0.installsStarted != 1 }
      return (verdict.wrong + again.map { "\($0.type) was begun \($0.installsStarted) times" })
        .map { "\(machine.role) \(machine.name): \($0)" }
    }
  }

  private static let once: [EventKind] = [
    .itemAdded, .baselineLearned, .failoverNoticed, .failoverCompleted, .healStarted, .healHealed,
  ]
  private static let never: [EventKind] = [
    .healParked, .healAbandoned, .healAgain, .healUnverified, .stepFailed, .legUnexplained, .machineGone, .itemGone,
  ]

  /// No number is missing, what happens once is recorded once, and every step of the heal ends once.
  static func unheard(_ events: [RecordedEvent]) -> [String] {
    var wrong: [String] = []
    let numbers = events.map(\.sequence)
    if numbers != Array(1...Int64(max(1, events.count))) { wrong.append("the numbers of the events are \(numbers)") }
    let kinds = events.map(\.event.kind)
    for kind in once where kinds.count(where: { $0 == kind }) != 1 {
      wrong.append("\(kind.rawValue) is recorded \(kinds.count { $0 == kind }) times")
    }
    for kind in never where kinds.contains(kind) { wrong.append("\(kind.rawValue) is recorded") }
    let ends: [EventKind] = [.stepSucceeded, .stepSkipped, .stepTolerated]
    // The verification ends with the heal.
    let steps = Set(events.compactMap { $0.event.kind == .stepStarted ? $0.event.fields["step"] : nil })
      .subtracting(["verify"])
    for step in steps {
      let count = events.count { ends.contains($0.event.kind) && $0.event.fields["step"] == step }
      if count != 1 { wrong.append("the step '\(step)' ended \(count) times") }
    }
    if steps.isEmpty { wrong.append("no step was started") }
    return wrong
  }

  /// Every event is told, in order, and once by each life at the most. Twice only what the first life told last: it was
  /// killed before that was marked.
  static func untold(_ numbers: [Int64], by lives: [[Int64]]) -> [String] {
    var wrong: [String] = []
    let missing = Set(numbers).subtracting(lives.joined())
    if !missing.isEmpty { wrong.append("never told: \(missing.sorted())") }
    for life in lives where zip(life, life.dropFirst()).contains(where: { $0 >= $1 }) {
      wrong.append("told out of order, or twice by one life: \(life)")
    }
    let again = Set(lives.first ?? []).intersection(lives.dropFirst().joined()).sorted()
    if lives.first?.suffix(again.count) != again[...] { wrong.append("told again, although marked: \(again)") }
    return wrong
  }
}

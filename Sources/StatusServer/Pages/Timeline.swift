import RecoveryCore
import Reporting

/// How each machine of a failover got from red to green: a strip a machine, all of them on one axis of time, which ends
/// now.
struct Timeline {
  private struct Phase {
    /// What it is, and its class in the style sheet.
    var kind: Kind
    var from: Timestamp
    var until: Timestamp
  }

  fileprivate enum Kind: String {
    case moving, broken, healing, parked, unverified, well
  }

  private let from: Timestamp
  private let now: Timestamp

  private static let width = 240.0
  private static let height = 14

  /// - Parameter members: the items of one failover.
  init(of members: ItemStates, at now: Timestamp) {
    from = members.compactMap(\.noticed).min() ?? now
    self.now = now
  }

  /// What the strips begin and end with.
  var caption: String { "\(Moment(from).clock) to \(Moment(now).clock)" }

  func strip(of state: ItemState) -> HTML {
    let phases = phases(of: state)
    let words = phases.map { "\($0.kind.rawValue) \(($0.until - $0.from).brief)" }.joined(separator: ", ")
    let bars: [HTML] = phases.map { phase in
      let left = x(phase.from)
      return """
        <rect class="\(phase.kind.rawValue)" x="\(text(left))" y="2" width="\(text(max(1, x(phase.until) - left)))" \
        height="10"></rect>
        """
    }
    let steps: [HTML] = (state.heal?.steps ?? []).compactMap { step in
      guard let ended = step.ended, ended >= from, ended <= now else { return nil }
      let at = text(x(ended))
      return """
        <line class="\(step.state == .failed ? "failed" : "done")" x1="\(at)" x2="\(at)" y1="0" y2="14">\
        <title>\(step.title): \(step.state.rawValue) at \(Moment(ended).clock)</title></line>
        """
    }
    return """
      <svg class="strip" role="img" aria-label="\(words)" viewBox="0 0 \(Int(Timeline.width)) \(Timeline.height)" \
      preserveAspectRatio="none">\(bars)\(steps)</svg>
      """
  }

  private func phases(of state: ItemState) -> [Phase] {
    guard let noticed = state.noticed else { return [] }
    guard state.transition == nil, let failover = state.failover else {
      return [Phase(kind: .moving, from: noticed, until: now)]
    }
    var phases = [Phase(kind: .moving, from: noticed, until: failover.completed)]
    // An older failover of the item may have had a heal as well.
    if let heal = state.heal, heal.started >= failover.completed {
      let ended = heal.ended ?? now
      phases.append(Phase(kind: .broken, from: failover.completed, until: heal.started))
      phases.append(Phase(kind: .healing, from: heal.started, until: ended))
      if heal.ended != nil { phases.append(Phase(kind: heal.end, from: ended, until: now)) }
    } else {
      phases.append(Phase(kind: failover.isSettled ? .well : .broken, from: failover.completed, until: now))
    }
    return phases.filter { $0.until > $0.from }
  }

  private func x(_ time: Timestamp) -> Double {
    let share = Double((time - from).inMilliseconds) / Double(max(1, (now - from).inMilliseconds))
    return min(1, max(0, share)) * Timeline.width
  }

  private func text(_ number: Double) -> String { String((number * 10).rounded() / 10) }
}

extension ItemState {
  /// When it was first seen to move.
  fileprivate var noticed: Timestamp? { transition?.since ?? failover?.noticed }
}

extension Heal {
  fileprivate var end: Timeline.Kind {
    switch status {
    case .running: .healing
    case .healed: .well
    case .healedUnverified: .unverified
    case .parked: .parked
    case .abandoned: .broken
    }
  }
}

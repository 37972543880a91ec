/// Whether an item that is failed over can be protected again: an extension that is stuck keeps ASR's own from being
/// installed, and so blocks it.
public enum ReprotectGate: Hashable, Sendable {
  /// It is not failed over, or already protected in the other direction.
  case notFailedOver
  /// Its machine has not been judged since the failover.
  case notJudged
  case clear
  /// The extensions that stand in the way.
  case blocked([LegVerdict])

  public var word: String {
    switch self {
    case .notFailedOver: "notFailedOver"
    case .notJudged: "notJudged"
    case .clear: "clearToReprotect"
    case .blocked: "blocked"
    }
  }
}

extension ItemState {
  public var reprotect: ReprotectGate {
    guard activeLocation.lowercased() == "recovery", transition == nil else { return .notFailedOver }
    let extensions = legs.filter { if case .extension = $0.leg { true } else { false } }
    guard !legs.isEmpty, !extensions.contains(where: { $0.finding == .unjudged }) else { return .notJudged }
    let blocking = extensions.filter { verdict in
      switch verdict.finding {
      case .stuck, .orphan, .failed, .inFlight, .suspect, .unknown: true
      case .healthy, .missing, .absent, .unjudged, .wrong: false
      }
    }
    return blocking.isEmpty ? .clear : .blocked(blocking)
  }
}

/// One word for what is going on with an item: what `status`, the status page, metrics and alerts count.
public enum Condition: String, Sendable, Hashable, Codable, CodingKeyRepresentable, CaseIterable, Comparable {
  case watched
  case failingOver
  /// Failed over, and not known to be well yet.
  case failedOver
  case held
  case healing
  case healed
  /// Every leg is well; whether its data flows could not be seen.
  case unverified
  case parked
  case testFailover
  case notListed

  /// For people.
  public var words: String {
    switch self {
    case .failingOver: "failing over"
    case .failedOver: "failed over"
    case .testFailover: "test failover"
    case .notListed: "not listed"
    default: rawValue
    }
  }

  public static func < (left: Condition, right: Condition) -> Bool { left.rank < right.rank }
  private var rank: Int { Condition.allCases.firstIndex(of: self) ?? 0 }
}

extension ItemState {
  public var condition: Condition {
    let isHealing = heal?.status.isRunning ?? false
    if transition != nil { return .failingOver }
    if held != nil, !isHealing { return .held }
    if key.isDrill, !isHealing { return .testFailover }
    switch heal?.status {
    case .running: return .healing
    case .parked: return .parked
    case .healed: return .healed
    case .healedUnverified: return .unverified
    case .abandoned, nil: break
    }
    if !isListed { return .notListed }
    return failover.map { !$0.isSettled } ?? false ? .failedOver : .watched
  }

  /// Whether a person must do something before it goes on.
  public var needsPerson: Bool {
    switch condition {
    case .parked: true
    case .held: held?.reason == .awaitingApproval
    default: said.contains("transition.overdue") || said.contains("heal.waiting.overdue")
    }
  }

  /// Whether something about it may belong in an alert.
  public var isRemarkable: Bool {
    isOnTheMove || needsPerson || held != nil || !unexplainedLegs.isEmpty
  }

  /// The legs that are broken without a failover that explains it, as they were said.
  public var unexplainedLegs: [String] {
    said.compactMap { $0.hasPrefix("unexplained.") ? String($0.dropFirst("unexplained.".count)) : nil }.sorted()
  }
}

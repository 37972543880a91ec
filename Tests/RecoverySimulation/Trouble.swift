import AftercareTesting
import RecoveryCore

/// Something that befalls a host.
struct Trouble {
  enum Kind: Equatable {
    case crash
    /// Told to stop, and started anew.
    case stop
    case pause
    case databaseAway(Host.Contact)
    case azureAway
  }

  let kind: Kind
  let length: Int64
}

/// What befalls the hosts of a life: each seed has its own, from nothing at all to one thing after the other.
struct Troubles {
  private let kinds: [Trouble.Kind]
  private let most: Int
  /// Of requests that change something: that something befalls who sent them meanwhile.
  let hunting: Double
  private let span: Duration

  init(for span: Duration, _ random: inout SeededGenerator) {
    self.span = span
    kinds = [.crash, .stop, .pause, .pause, .databaseAway(.none), .databaseAway(.deaf), .azureAway].filter { _ in
      random.chance(0.7)
    }
    most = random.pick([0, 2, 5, 12])
    hunting = random.pick([0, 0.05, 0.3])
  }

  /// Each with its time.
  func ofHost(until end: Int64, _ random: inout SeededGenerator) -> [(at: Int64, trouble: Trouble)] {
    (0..<random.number(0...most)).compactMap { _ in
      let at = Int64(random.number(0...Int(end)))
      return one(&random).map { (at, $0) }
    }
  }

  /// Shorter than a lease, and longer.
  func one(_ random: inout SeededGenerator) -> Trouble? {
    guard !kinds.isEmpty else { return nil }
    let share = random.pick([0.2, 0.7, 1.1, 1.5, 4]) * Double(random.number(80...120)) / 100
    return Trouble(kind: random.pick(kinds), length: Int64(Double(span.inMilliseconds) * share))
  }
}

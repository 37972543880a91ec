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
  /// Milliseconds since the start.
  let at: Int64
  let length: Int64

  /// From none at all to one every few minutes; some lives know only some of the kinds.
  static func several(within end: Int64, for span: Duration, _ random: inout SeededGenerator) -> [Trouble] {
    let kinds: [Kind] = [
      .crash, .stop, .pause, .pause, .databaseAway(.none), .databaseAway(.deaf), .azureAway,
    ].filter { _ in random.chance(0.7) }
    guard !kinds.isEmpty else { return [] }
    return (0..<random.pick([0, 2, 5, 12])).map { _ in
      let kind = random.pick(kinds)
      let at = Int64(random.number(0...Int(end)))
      let share = random.pick([0.2, 0.7, 1.1, 1.5, 4])
      let length = Int64(Double(span.inMilliseconds) * share * Double(random.number(80...120)) / 100)
      return Trouble(kind: kind, at: at, length: length)
    }
  }
}

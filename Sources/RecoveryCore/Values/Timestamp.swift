/// A point in time: milliseconds since 1970-01-01T00:00:00Z. The domain reads no clock; time is handed to it.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
  public let milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  public static func + (time: Timestamp, span: Duration) -> Timestamp {
    Timestamp(milliseconds: time.milliseconds + span.inMilliseconds)
  }

  public static func - (time: Timestamp, span: Duration) -> Timestamp {
    Timestamp(milliseconds: time.milliseconds - span.inMilliseconds)
  }

  public static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.milliseconds - right.milliseconds)
  }

  public init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  public var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }

  /// For people: `340ms`, `12s`, `3m05s`, `2h10m`.
  public var brief: String {
    let whole = inMilliseconds
    if whole < 0 { return "-" + Duration.milliseconds(-whole).brief }
    if whole < 1000 { return "\(whole)ms" }
    let seconds = whole / 1000
    if seconds < 60 {
      return whole < 10_000 && whole % 1000 != 0 ? "\(seconds).\(whole % 1000 / 100)s" : "\(seconds)s"
    }
    if seconds < 3600 { return "\(seconds / 60)m\(padded(seconds % 60))s" }
    return "\(seconds / 3600)h\(padded(seconds % 3600 / 60))m"
  }
}

private func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

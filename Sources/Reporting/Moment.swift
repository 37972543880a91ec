public import RecoveryCore

/// A time as people and other programs read it: ISO 8601, in UTC.
public struct Moment: Sendable, Hashable, Comparable, Encodable, CustomStringConvertible {
  public let time: Timestamp

  public init(_ time: Timestamp) { self.time = time }

  public static func < (left: Moment, right: Moment) -> Bool { left.time < right.time }
  public var description: String { time.iso8601 }
  /// `10:14:42`, for where the day is known.
  public var clock: String { String(time.iso8601.dropFirst(11).prefix(8)) }
  /// `2026-02-03 10:14`.
  public var minute: String { String(time.iso8601.prefix(16).replacing("T", with: " ")) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

public import RecoveryCore

/// A bearer token and when it ends, by the monotonic clock: `expires_in` is used, never `expires_on`, for the cloud's
/// clock may differ from ours. It describes itself without its value.
public struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
  public let value: String
  public let obtained: ContinuousClock.Instant
  public let lifetime: Duration

  public init(value: String, lifetime: Duration, obtained: ContinuousClock.Instant = .now) {
    self.value = value
    self.lifetime = lifetime
    self.obtained = obtained
  }

  /// Refreshed five minutes ahead of its end, or at half its life when that is short.
  func wantsRefresh(_ now: ContinuousClock.Instant) -> Bool {
    now - obtained >= max(lifetime / 2, lifetime - .seconds(300))
  }

  func isValid(_ now: ContinuousClock.Instant) -> Bool { now - obtained < lifetime - .seconds(10) }

  public var description: String { "AccessToken(redacted)" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where tokens come from.
public protocol TokenSource: Sendable {
  /// For messages: `managed identity`, `client secret`...
  var name: String { get }
  func token() async throws(Fault) -> AccessToken
}

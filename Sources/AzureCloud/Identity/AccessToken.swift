import FoundationEssentials
import JSONReading
public import RecoveryCore

/// A bearer token and when it ends, by the monotonic clock: `expires_in` is used, never `expires_on`, for the cloud's
/// clock may differ from ours. It describes itself without its value.
public struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
  public let value: String
  public let obtained: ContinuousClock.Instant
  public let lifetime: Duration
  /// The name of the source that it came from.
  public let source: String

  public init(value: String, lifetime: Duration, source: String = "", obtained: ContinuousClock.Instant = .now) {
    self.value = value
    self.source = source
    self.lifetime = lifetime
    self.obtained = obtained
  }

  /// Refreshed five minutes ahead of its end, or at half its life when that is short.
  func wantsRefresh(_ now: ContinuousClock.Instant) -> Bool {
    now - obtained >= max(lifetime / 2, lifetime - .seconds(300))
  }

  func isValid(_ now: ContinuousClock.Instant) -> Bool { now - obtained < lifetime - .seconds(10) }

  /// Whom it stands for: the claim `oid` of its payload, which nothing but a message depends on. Nil when the token is
  /// not the JSON Web Token that Entra ID issues today.
  var objectID: String? {
    let parts = value.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    guard let payload = Data(base64Encoded: String(text)), let claims = try? JSONDocument(parsing: Array(payload)),
      let id = claims.text("oid"), UUID(uuidString: id) != nil
    else { return nil }
    return id.lowercased()
  }

  public var description: String { "AccessToken(redacted)" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where tokens come from.
public protocol TokenSource: Sendable {
  /// For messages: `managed identity`, `client secret`...
  var name: String { get }
  func token() async throws(Fault) -> AccessToken
}

/// The limits of one transfer. Each has a default; none can be switched off.
public struct TransferLimits: Sendable, Hashable {
  /// For the name, the connection and the TLS handshake together. Waiting for a free connection does not count.
  public var connect: Duration
  /// The longest time without a byte in either direction, once connected. Honoured to an eighth of itself.
  public var stall: Duration
  /// From `send`, or from the request's `begin`, to the last byte, waiting for a free connection included: what the caller
  /// sees is what is limited.
  public var whole: Duration
  /// The largest body of an answer, in bytes, counted after inflation.
  public var bodyBytes: Int
  /// How many times larger than its compressed form a body may be. Enforced above `inflationFloor` only, since small
  /// regular answers compress astonishingly well and do no harm.
  public var inflationRatio: Int
  /// The largest sum of the header lines of an answer, interim answers and trailers included, in bytes.
  public var headerBytes: Int

  /// Inflated bytes below which the ratio is not looked at.
  public static let inflationFloor = 1 << 20

  public init(
    connect: Duration = .seconds(10),
    stall: Duration = .seconds(30),
    whole: Duration = .seconds(120),
    bodyBytes: Int = 64 << 20,
    inflationRatio: Int = 200,
    headerBytes: Int = 256 << 10
  ) {
    self.connect = connect
    self.stall = stall
    self.whole = whole
    self.bodyBytes = bodyBytes
    self.inflationRatio = inflationRatio
    self.headerBytes = headerBytes
  }
}

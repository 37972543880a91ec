/// How long whoever looks after a vault may still change something there.
///
/// Azure knows no fence, so whoever acts there must have stopped before another may begin.
public struct Tenure: Sendable {
  private let ask: @Sendable () -> Duration?

  public init(_ ask: @escaping @Sendable () -> Duration?) { self.ask = ask }

  /// Of whoever shares with nobody.
  public static let endless = Tenure { nil }

  /// How long a request that changes something may take if it is sent now, until it is given up; nil for any time, zero
  /// where it must not be sent.
  public var allowance: Duration? { ask() }
}

/// A lease, as its holder knows it: by a steady clock of its own.
///
/// The end is counted from before the lease was asked for, and shortened for the drift of the clock: it comes here
/// before it comes where the lease is kept, however long the answer took.
public struct LeaseTerm: Hashable, Sendable {
  /// How long a lease lasts.
  public let span: Duration
  /// By the steady clock; nil when nothing may be done.
  public private(set) var end: Duration?

  /// Of a steady clock, either way. What keeps time on a host is off by less than a thousandth.
  static let drift = 0.01

  /// One that has to be renewed before anything may be done.
  public init(of span: Duration) { self.span = span }

  /// - Parameters:
  ///   - remaining: how long the lease lasts on, as the answer says.
  ///   - asked: what the steady clock said before that was asked.
  public mutating func renew(for remaining: Duration, asked: Duration) {
    end = asked + remaining * (1 - LeaseTerm.drift)
  }

  /// Nothing may be done any more.
  public mutating func revoke() { end = nil }

  /// As in `Tenure`. A tenth of the span is left for what is still on its way when a request is given up, and what
  /// would have less than a quarter to be answered in is not begun.
  public func allowance(at uptime: Duration) -> Duration {
    guard let end else { return .zero }
    let left = end - uptime - span / 10
    return left >= span / 4 ? left : .zero
  }
}

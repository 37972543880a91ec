import FoundationEssentials
public import RecoveryCore

/// The seam through which the engine knows and waits for time.
public protocol TimeSource: Sendable {
  var now: Timestamp { get }
  /// Returns when the time has come; throws `CancellationError` when the task is cancelled before.
  func sleep(until deadline: Timestamp) async throws
}

/// The host's clock. Waiting is measured on the monotonic clock, so that a wait is as long as it was meant to be
/// whatever happens to the wall clock meanwhile.
public struct SystemTime: TimeSource {
  public init() {}

  public var now: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }

  public func sleep(until deadline: Timestamp) async throws {
    let span = deadline - now
    try Task.checkCancellation()
    if span > .zero { try await Task.sleep(for: span, tolerance: nil, clock: .continuous) }
  }
}

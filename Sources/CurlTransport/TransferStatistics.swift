/// What a client has done since it was made. At every moment
/// `started == completed + failed + cancelled + inFlight`.
public struct TransferStatistics: Sendable, Hashable {
  /// Sends whose request was in order; a request that is refused for its URL or fields is counted nowhere.
  public internal(set) var started = 0
  /// Sends that returned an answer, whatever its status.
  public internal(set) var completed = 0
  /// Sends that threw, for any reason but cancellation.
  public internal(set) var failed = 0
  /// Sends that threw because their task was cancelled.
  public internal(set) var cancelled = 0
  /// Connections made anew. Counted when a transfer ends, as are the bytes.
  public internal(set) var connectionsOpened = 0
  /// Header and body bytes sent, before TLS.
  public internal(set) var wireBytesSent = 0
  /// Header and body bytes received, after TLS and before inflation.
  public internal(set) var wireBytesReceived = 0

  /// Sends that have not returned yet.
  public var inFlight: Int { started - completed - failed - cancelled }

  init() {}

  mutating func count(_ outcome: TransferOutcome) {
    switch outcome {
    case .success: completed += 1
    case .failure(let error) where error.code == .cancelled: cancelled += 1
    case .failure: failed += 1
    }
  }

  mutating func count(_ traffic: TransferTraffic) {
    connectionsOpened += traffic.connectionsOpened
    wireBytesSent += traffic.bytesSent
    wireBytesReceived += traffic.bytesReceived
  }
}

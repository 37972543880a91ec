/// Every period, grace, deadline and count that decisions depend on. The defaults are meant for production.
public struct Policy: Hashable, Sendable {
  public enum Mode: String, Sendable, CaseIterable {
    /// Everything is decided and said, nothing is changed.
    case observe
    /// Everything is decided and said, and a heal starts when a person has approved it.
    case approve
    case heal
  }

  public var mode: Mode = .heal
  public var brakes = BrakePolicy()

  /// What becomes of the machines that test failovers make.
  public enum TestFailover: String, Sendable, CaseIterable {
    /// They are judged, and what a heal would do is said.
    case report
    case heal
    case ignore
  }

  public var testFailover: TestFailover = .report
  /// A test machine sends by this rule and by none of its item's, so that a rehearsal does not mix with the real thing.
  public var testFailoverRule: ResourceID?

  /// A machine that just failed over is looked at this often until it is well.
  public var machineMoving: Duration = .seconds(20)
  /// Other machines' instance views.
  public var machine: Duration = .seconds(15 * 60)
  /// How often a well machine's associations are read and its baseline is learned anew.
  public var baseline: Duration = .seconds(6 * 3600)
  /// How long a part that a machine lost without a failover stays in its baseline.
  public var forgetAfter: Duration = .seconds(24 * 3600)

  /// All conditions of a completed failover must hold on two looks this far apart.
  public var confirmAfter: Duration = .seconds(30)
  /// A failed-over machine that is not ready by then is an alert; it is still waited for.
  public var readyWithin: Duration = .seconds(45 * 60)

  /// How long, and in how many looks, a leg may look bad in a way that healthy machines also show.
  public var suspectGrace: Duration = .seconds(10 * 60)
  public var suspectLooks: Int = 3
  /// How long a machine may take to be well after the last step.
  public var verifyWithin: Duration = .seconds(15 * 60)

  /// How often a workspace is asked for a machine's rows, and how long they may take to arrive.
  public var data: Duration = .seconds(60)
  public var dataWithin: Duration = .seconds(15 * 60)

  /// Counted failures after which a step is given up.
  public var attempts: Int = 4
  /// How often a heal may start over because verification failed.
  public var rounds: Int = 2
  public var backOff = BackOff()
  /// How long faults that pass (busy, throttled, unreachable) may keep a step from succeeding.
  public var passingWithin: Duration = .seconds(2 * 3600)
  /// How long an effect of unknown outcome is given to show itself: longer than a request can be on its way and a read can lag behind.
  public var settle: Duration = .seconds(30)

  public init() {}
}

/// Exponential back-off with jitter. The jitter comes from a seed, not from a generator: the same try of the same step
/// always waits equally long, and tries of different machines spread.
public struct BackOff: Hashable, Sendable {
  public var first: Duration = .seconds(15)
  public var factor: Double = 2
  public var most: Duration = .seconds(10 * 60)
  /// The part of the wait that varies: 0.2 means between 80 % and 120 %.
  public var jitter: Double = 0.2

  public init() {}

  /// The wait before try number `attempt + 1`.
  public func wait(after attempt: Int, seed: String) -> Duration {
    var milliseconds = Double(first.inMilliseconds)
    for _ in 1..<max(1, min(attempt, 64)) { milliseconds = min(milliseconds * factor, Double(most.inMilliseconds)) }
    let spread = 1 + jitter * (2 * Spread.fraction(of: "\(seed)#\(attempt)") - 1)
    return .milliseconds(Int64(milliseconds * spread))
  }
}

/// Spreads keys evenly and always in the same way.
public enum Spread {
  /// A number in 0..<1 that depends on the text alone (FNV-1a with a final mix).
  public static func fraction(of text: String) -> Double {
    Double(hash(text) >> 11) / Double(UInt64(1) << 53)
  }

  /// Eight hexadecimal digits: short enough to read out, for ids that also carry a time.
  public static func hexadecimal(of text: String) -> String {
    let digits = String(hash(text) >> 32, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
    return hash ^ (hash >> 31)
  }
}

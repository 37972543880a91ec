public import RecoveryCore

/// What ARM lets one principal ask of one subscription: a bucket for each class of request, which refills evenly. ARM's
/// numbers are the defaults (250 reads and 25 a second, 200 writes and 200 deletes and 10 a second of each).
///
/// It learns from the answers: the `x-ms-ratelimit-remaining-*` headers say what is left when others spend from the same
/// buckets, and a `Retry-After` shuts the class for as long as it says, however long.
public struct RequestBudget: Sendable {
  public enum Class: String, Sendable, CaseIterable { case reads, writes, deletes }

  /// Requests at once, and each second.
  public struct Limit: Hashable, Sendable {
    public var burst: Double
    public var perSecond: Double

    public init(burst: Double, perSecond: Double) {
      self.burst = burst
      self.perSecond = perSecond
    }
  }

  public struct Limits: Hashable, Sendable {
    public var reads = Limit(burst: 250, perSecond: 25)
    public var writes = Limit(burst: 200, perSecond: 10)
    public var deletes = Limit(burst: 200, perSecond: 10)
    /// The share of a burst that looks whose time has come leave to everything else. What has to do with a failover leaves
    /// a quarter of it to machines that were taken apart.
    public var reserve = 0.4

    func reserve(for urgency: Urgency) -> Double {
      switch urgency {
      case .takenApart: 0
      case .started, .moving: reserve / 4
      case .idle: reserve
      }
    }

    public init() {}

    subscript(kind: Class) -> Limit {
      switch kind {
      case .reads: reads
      case .writes: writes
      case .deletes: deletes
      }
    }
  }

  private struct Key: Hashable {
    var subscription: String
    var kind: Class
  }

  private struct Bucket {
    /// Less than nothing when requests are taken in advance.
    var level: Double
    var filledAt: Duration
    var shutUntil: Duration?
    /// The most that an answer ever said is left: Azure's bucket may be smaller than ours, and the reserve is a share of
    /// what there is.
    var mostSeen: Double?
    var putOff = 0
    /// The last time at which an idle request that was put off was told to come back.
    var lastReturn: Duration = .zero

    /// Puts a request off. All idle looks that are due would come back at the same moment, for the one request that there
    /// is then, and again and again until all are through: each is told a time of its own.
    mutating func putOff(_ wait: Duration, _ urgency: Urgency, _ limit: Limit, at now: Duration) -> Turn {
      putOff += 1
      guard urgency == .idle else { return .notWithin(wait) }
      lastReturn = max(now + wait, lastReturn + .seconds(1 / limit.perSecond))
      return .notWithin(lastReturn - now)
    }
  }

  private let limits: Limits
  private var buckets: [Key: Bucket] = [:]

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// When a request may be made.
  public enum Turn: Hashable, Sendable {
    case now
    /// It is taken in advance: who waits has his turn, and need not ask again with all others each time that there is one.
    case after(Duration)
    /// Not before then, and nothing is taken.
    case notWithin(Duration)
  }

  /// Takes one request out, unless its turn would come later than `patience` allows or Azure asked to be left alone.
  public mutating func take(
    _ kind: Class, of subscription: String, with urgency: Urgency, patience: Duration = .zero, at now: Duration
  ) -> Turn {
    let key = Key(subscription: subscription, kind: kind)
    let limit = limits[kind]
    var bucket = filled(key, at: now)
    defer { buckets[key] = bucket }
    if let until = bucket.shutUntil, until > now {
      return bucket.putOff(until - now, urgency, limit, at: now)
    }
    bucket.shutUntil = nil
    let size = max(1, min(limit.burst, bucket.mostSeen ?? limit.burst))
    let least = min(size, size * limits.reserve(for: urgency) + 1)
    // Times are rounded to what a clock can say: a hair less than one is one.
    let isThere = bucket.level >= least - 1e-6
    let wait: Duration = isThere ? .zero : .seconds((least - bucket.level) / limit.perSecond)
    guard wait <= patience else { return bucket.putOff(wait, urgency, limit, at: now) }
    bucket.level -= 1
    return isThere ? .now : .after(wait)
  }

  /// Whether an answer has asked to be left alone, for a time that is not over.
  func isShut(_ kind: Class, of subscription: String, at now: Duration) -> Bool {
    buckets[Key(subscription: subscription, kind: kind)]?.shutUntil.map { $0 > now } ?? false
  }

  /// An answer says what is left.
  public mutating func learn(_ remaining: Int, _ kind: Class, of subscription: String, at now: Duration) {
    let key = Key(subscription: subscription, kind: kind)
    var bucket = filled(key, at: now)
    bucket.level = min(bucket.level, Double(max(0, remaining)))
    bucket.mostSeen = max(bucket.mostSeen ?? 0, Double(remaining))
    buckets[key] = bucket
  }

  /// An answer asks to be left alone.
  public mutating func shut(_ kind: Class, of subscription: String, for span: Duration, at now: Duration) {
    let key = Key(subscription: subscription, kind: kind)
    var bucket = filled(key, at: now)
    bucket.shutUntil = max(bucket.shutUntil ?? .zero, now + span)
    buckets[key] = bucket
  }

  private func filled(_ key: Key, at now: Duration) -> Bucket {
    let limit = limits[key.kind]
    guard var bucket = buckets[key] else { return Bucket(level: limit.burst, filledAt: now) }
    let seconds = (now - bucket.filledAt) / .seconds(1)
    bucket.level = min(limit.burst, bucket.level + max(0, seconds) * limit.perSecond)
    bucket.filledAt = now
    return bucket
  }

  /// How it stands, for people. What was put off is counted anew from here.
  public mutating func report(at now: Duration) -> [BudgetReport] {
    let reports = buckets.map { key, _ in
      let bucket = filled(key, at: now)
      return BudgetReport(
        subscription: key.subscription, kind: key.kind.rawValue, left: max(0, Int(bucket.level)),
        of: Int(limits[key.kind].burst),
        shutForSeconds: bucket.shutUntil.flatMap { $0 > now ? Int64(($0 - now) / .seconds(1)) : nil },
        putOff: bucket.putOff)
    }
    for key in buckets.keys { buckets[key]?.putOff = 0 }
    return reports.sorted { ($0.subscription, $0.kind) < ($1.subscription, $1.kind) }
  }
}

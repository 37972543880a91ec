package import FoundationEssentials

/// The token buckets of the resource manager and of Compute, as they are documented.
package struct TokenBuckets {
  package struct Size {
    var most: Double
    var perSecond: Double

    package init(most: Double, perSecond: Double) {
      self.most = most
      self.perSecond = perSecond
    }

    /// So many times as large; a request is had some time all the same.
    func times(_ factor: Double) -> Size { Size(most: max(1, most * factor), perSecond: perSecond * factor) }

    static let reads = Size(most: 250, perSecond: 25)
    static let writes = Size(most: 200, perSecond: 10)
    static let machineReads = Size(most: 36, perSecond: 12.0 / 60)
    static let machineWrites = Size(most: 12, perSecond: 4.0 / 60)
    static let operationReads = Size(most: 45, perSecond: 15.0 / 60)
  }

  private var levels: [String: (level: Double, at: Date)] = [:]

  package init() {}

  /// Takes a token. What is left, or nil and nothing taken when there is none.
  package mutating func take(_ name: String, _ size: Size, _ now: Date) -> Int? {
    var (level, at) = levels[name] ?? (size.most, now)
    level = min(size.most, level + now.timeIntervalSince(at) * size.perSecond)
    at = now
    defer { levels[name] = (level, at) }
    // A hair less than one is one: times are rounded.
    guard level >= 1 - 1e-6 else { return nil }
    level -= 1
    return Int(level)
  }

  /// Seconds until there is a token again.
  func wait(_ name: String, _ size: Size) -> Int {
    let level = levels[name]?.level ?? size.most
    return max(1, Int(((1 - level) / size.perSecond).rounded(.up)))
  }
}

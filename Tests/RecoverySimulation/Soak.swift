/// A month in virtual time of a large fleet that fails over and back, with faults now and then.
public struct Soak: Sendable {
  public var items: Int
  public var days: Int
  /// Told once a virtual day: the day, the items known, and the requests and crashes so far.
  public var onDay: @Sendable (_ day: Int, _ items: Int, _ requests: Int, _ crashes: Int) -> Void

  public init(items: Int, days: Int, onDay: @escaping @Sendable (Int, Int, Int, Int) -> Void) {
    self.items = items
    self.days = days
    self.onDay = onDay
  }
}

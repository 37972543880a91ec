/// How much a look at an item matters, and what it asks of Azure, while others wait as well.
public enum Urgency: Comparable, Sendable {
  /// Its machine was taken apart, and is to be put together again.
  case takenApart
  /// A heal has started.
  case started
  /// A failover is under way, or has ended and is not settled.
  case moving
  /// A look whose time has come.
  case idle

  /// What the rest of a look asks with that has got an answer. It is not put off in the middle: the next look would begin
  /// anew, and where more are due than Azure's limits allow, hardly one would come to its end.
  public var onceBegun: Urgency { min(self, .moving) }
}

extension ItemState {
  /// Of a look at it.
  public var urgency: Urgency {
    if let heal, heal.status.isRunning { return heal.beganExtensions == nil ? .started : .takenApart }
    return isOnTheMove ? .moving : .idle
  }
}

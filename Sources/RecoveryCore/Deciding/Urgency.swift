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

  public init(_ state: ItemState?) {
    if let heal = state?.heal, heal.status.isRunning {
      self = heal.beganExtensions == nil ? .started : .takenApart
    } else {
      self = state?.isOnTheMove ?? false ? .moving : .idle
    }
  }
}

public import RecoveryCore

/// What a look at an item has besides its time.
public struct Occasion: Sendable {
  /// What a person asks for one item. It is carried out by the item's own worker: nothing else may change its state.
  public enum Wish: Hashable, Sendable { case approve, retry }

  /// The item as a list showed it just now.
  public var listed: ProtectedItem?
  public var wish: Wish?

  public init(listed: ProtectedItem? = nil, wish: Wish? = nil) {
    self.listed = listed
    self.wish = wish
  }

  mutating func merge(_ newer: Occasion) {
    listed = newer.listed ?? listed
    wish = newer.wish ?? wish
  }
}

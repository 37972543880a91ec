/// A state in a place of its own: it is large, and where a fleet is handed on, or kept in a table that grows, its states
/// stay where they are.
public final class KeptState: Sendable {
  public let state: ItemState
  public init(_ state: ItemState) { self.state = state }
}

/// The states of a fleet, each where it is kept: what is made of them, in whole or in part, copies none.
public struct ItemStates: RandomAccessCollection, Sendable {
  private var kept: [KeptState]

  public init(_ kept: [KeptState] = []) { self.kept = kept }
  public init(_ states: some Sequence<ItemState>) { kept = states.map(KeptState.init) }

  public var startIndex: Int { kept.startIndex }
  public var endIndex: Int { kept.endIndex }
  public subscript(position: Int) -> ItemState { kept[position].state }

  public static func += (left: inout ItemStates, right: ItemStates) { left.kept += right.kept }

  public func filter(_ isIncluded: (ItemState) throws -> Bool) rethrows -> ItemStates {
    ItemStates(try kept.filter { try isIncluded($0.state) })
  }

  public func sorted(by areInOrder: (ItemState, ItemState) throws -> Bool) rethrows -> ItemStates {
    ItemStates(try kept.sorted { try areInOrder($0.state, $1.state) })
  }

  /// By their keys.
  public func sorted() -> ItemStates { ItemStates(kept.sorted { $0.state.key < $1.state.key }) }

  public func grouped<Key: Hashable>(by key: (ItemState) throws -> Key) rethrows -> [Key: ItemStates] {
    try Dictionary(grouping: kept) { try key($0.state) }.mapValues { ItemStates($0) }
  }
}

extension ItemStates: Equatable, ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: ItemState...) { self.init(elements) }
  public static func == (left: ItemStates, right: ItemStates) -> Bool { left.elementsEqual(right) }
}

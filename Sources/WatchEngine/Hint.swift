public import RecoveryCore

/// Where somebody says that something has happened: a reason to look there now, and nothing else. It is compared with
/// what is known, and is neither believed nor told nor kept (decision 17).
public enum Hint: Hashable, Sendable {
  /// Every vault that is watched.
  case everything
  /// Whatever has an ARM id: a vault, a protected item, a machine, or something below one of them.
  case resource(ResourceID)
  /// An item by the name that people use, or by its key; lower-cased.
  case item(String)

  /// Bytes of an id or a name. The longest ids here, those of protected items, have some 400.
  private static let longest = 1024

  /// Nil unless the text is an ARM id.
  public init?(id text: String) {
    guard text.utf8.count <= Hint.longest, let id = ResourceID(text) else { return nil }
    self = .resource(id)
  }

  /// Nil unless the text can be the name or the ARM id of an item.
  public init?(item text: String) {
    if text.hasPrefix("/") {
      self.init(id: text)
    } else {
      guard !text.isEmpty, text.utf8.count <= Hint.longest else { return nil }
      self = .item(text.lowercased())
    }
  }
}

/// Hints that nobody has followed yet, each once. However many come, no more are kept than a number: then "everything"
/// stands for all of them.
struct PendingHints {
  /// Distinct hints: an item each of a large region's failover, and 1 MB at the most.
  static let most = 1000

  private(set) var hints: Set<Hint> = []

  /// Returns how many hints stand for nothing of their own any more.
  mutating func insert(_ hint: Hint) -> Int {
    if hints.contains(.everything) || hints.contains(hint) { return 1 }
    guard hint != .everything, hints.count < PendingHints.most else {
      defer { hints = [.everything] }
      return hints.count
    }
    hints.insert(hint)
    return 0
  }

  mutating func take() -> Set<Hint> {
    defer { hints = [] }
    return hints
  }
}

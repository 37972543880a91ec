package import RecoveryCore

extension JournalChange {
  /// When a change of an item happened, as far as it says: the domain hands no clock to a commit.
  package func time(of item: ItemState) -> Timestamp {
    guard let told = events.map({ $0.at }).max() else { return item.lastLook ?? item.nextLook }
    guard let looked = item.lastLook else { return told }
    return looked > told ? looked : told
  }
}

public import RecoveryCore
import Synchronization

/// A database in memory, for several instances: a journal for each vault, one count of events for all, and the leases
/// of the vaults by a clock that the caller hands in. What it promises is what the one in PostgreSQL promises.
public final class MemoryDatabase: Sendable {
  private let book: MemoryLeases
  private let journals = Mutex<[ResourceID: MemoryJournal]>([:])

  /// - Parameters:
  ///   - span: how long a lease lasts that was just taken; one that is zero is over at once.
  ///   - clock: the only one that leases go by.
  public init(span: Duration, clock: @escaping @Sendable () -> Timestamp) {
    book = MemoryLeases(span: span, clock: clock)
  }

  /// The same one each time, whoever asks.
  public func journal(of vault: ResourceID) -> MemoryJournal {
    journals.withLock { journals in
      if let known = journals[vault] { return known }
      let journal = MemoryJournal(of: vault, under: book)
      journals[vault] = journal
      return journal
    }
  }

  public var leases: any Leases { book }

  /// The lease of a vault as it stands; nil for one that was never taken.
  public func lease(of vault: ResourceID) -> LeasePicture.Lease? { book.lease(of: vault) }
}

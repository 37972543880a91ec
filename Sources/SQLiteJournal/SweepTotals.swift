public import RecoveryCore

/// What the sweeps of one vault cost together since the writer last started: what `status` prints beside the last one.
public struct SweepTotals: Hashable, Sendable, Codable {
  public let vault: ResourceID
  public let sweeps: Int
  /// Those that ended with a fault.
  public let failed: Int
  public let pages: Int
  public let instanceViews: Int
  public let itemReads: Int
  public let associationLists: Int
  public let jobLists: Int

  public var requests: Int { pages + instanceViews + itemReads + associationLists + jobLists }
}

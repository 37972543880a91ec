/// A table of a Log Analytics workspace in which a well machine keeps writing rows.
public struct DataSource: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The workspace's GUID (`customerId`), not its ARM id.
  public var workspace: String
  public var table: String

  public init(workspace: String, table: String) {
    self.workspace = workspace.lowercased()
    self.table = table
  }

  public var description: String { table }
}

/// When the rows of a machine in one table were generated, by Azure's clock.
public struct DataSpan: Hashable, Sendable, Codable {
  public var first: Timestamp
  public var last: Timestamp
  /// The last row of the machine that a failover left behind: since then logs were missing.
  public var lastBefore: Timestamp?

  public init(first: Timestamp, last: Timestamp, lastBefore: Timestamp? = nil) {
    self.first = first
    self.last = last
    self.lastBefore = lastBefore
  }
}

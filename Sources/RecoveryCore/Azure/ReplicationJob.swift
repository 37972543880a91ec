/// A row of a vault's replication jobs: evidence for the time and the outcome of a failover, never its proof.
///
/// Source: `GET {vault}/replicationJobs`, api-version 2025-08-01; rows are thin (no tasks, no custom details).
public struct ReplicationJob: Hashable, Sendable {
  public var name: String
  public var scenario: String
  /// `Succeeded`, `PartiallySucceeded`, `Failed`...: an open set.
  public var state: String
  public var targetName: String
  public var targetType: String
  public var started: Timestamp?
  public var ended: Timestamp?

  public init(
    name: String, scenario: String, state: String, targetName: String, targetType: String, started: Timestamp?,
    ended: Timestamp?
  ) {
    self.name = name
    self.scenario = scenario
    self.state = state
    self.targetName = targetName
    self.targetType = targetType
    self.started = started
    self.ended = ended
  }

  /// Whether the job moves machines for good: a test failover does not.
  public var isFailover: Bool {
    switch scenario.lowercased() {
    case "unplannedfailover", "plannedfailover", "failback", "unplannedfailoverprotectioncluster": true
    default: false
    }
  }
}

public import Reporting

extension StatusReport {
  /// From the journal alone: it can be read while the daemon runs, and when it does not.
  public init(configuration: Configuration) async throws {
    let assembly = Assembly(configuration: configuration)
    var snapshot = try await FleetSnapshot(of: try assembly.journalForReading(), at: SystemNow.timestamp)
    snapshot.leases = try await assembly.leases()
    self.init(snapshot)
  }
}

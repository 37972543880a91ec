public import Reporting

extension StatusReport {
  /// From the journal alone: it can be read while the daemon runs, and when it does not.
  public init(configuration: Configuration) async throws {
    let journal = try Assembly(configuration: configuration).journalForReading()
    self.init(try await FleetSnapshot(of: journal, at: SystemNow.timestamp))
  }
}

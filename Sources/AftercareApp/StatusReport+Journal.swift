import PostgresJournal
import RecoveryCore
public import Reporting

extension StatusReport {
  /// From the journal alone: it can be read while the daemon runs, and when it does not.
  public init(configuration: Configuration) async throws {
    let assembly = Assembly(configuration: configuration)
    let database = configuration.journal == nil ? nil : try assembly.database(.readOnly)
    var snapshot = try await FleetSnapshot(
      of: try database?.journal ?? assembly.journalForReading(), at: SystemNow.timestamp)
    snapshot.leases = try await database?.leases.picture()
    self.init(snapshot)
  }
}

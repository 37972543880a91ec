import JournalFormat
import RecoveryCore

/// What all views on one database share: its connections, its seal, and the words for what goes wrong.
struct DatabaseAccess: Sendable {
  let pool: SessionPool
  let address: DatabaseAddress
  let seal: OperationSeal?
  let leaseSpan: Duration
  let patience: Duration
  let access: PostgresDatabase.Access
  let onAwait: @Sendable (JournalError) -> Void

  func error(_ error: any Error) -> JournalError { JournalError(error, at: address) }

  /// Says what keeps the outcome of a commit from being known.
  func awaiting(_ error: JournalError) { onAwait(error) }

  func refuseToWrite() throws(JournalError) {
    guard access == .readOnly else { return }
    throw JournalError(
      .readOnly, "\(address.description) was opened for reading only; only `aftercare run` writes to it")
  }
}

package import JournalFormat
package import RecoveryCore

extension JournalDatabase {
  /// The journal of a state directory, to be copied to elsewhere. Refused while a daemon has the directory, and when the
  /// file is not whole.
  package static func source(directory: String) async throws(JournalError) -> any ArchiveSource {
    let source = try FileSource(directory: directory)
    try await source.begin()
    return source
  }

  /// A state directory without a journal, or with an empty one, for a journal that is copied from elsewhere.
  package static func target(directory: String, at now: Timestamp) throws(JournalError) -> any ArchiveTarget {
    try FileTarget(directory: directory, at: now)
  }
}

import Foundation
import Glibc
import SQLiteJournal

/// Runs `body` with the path of a directory that does not exist yet, and removes it whatever happens.
func withStateDirectory(_ body: (String) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.path + "/aftercare-journal-" + UUID().uuidString
  defer { try? FileManager.default.removeItem(atPath: directory) }
  try await body(directory)
}

/// Runs `body` with a journal of its own, which is closed when it returns.
func withJournal(
  in directory: String, access: JournalDatabase.Access = .readWrite,
  _ body: (JournalDatabase) async throws -> Void
) async throws {
  let journal = try JournalDatabase(directory: directory, access: access)
  try await body(journal)
}

struct NoSuchFile: Error {
  let path: String
}

/// The permission bits of a file.
func mode(of path: String) throws -> mode_t {
  var status = stat()
  guard unsafe stat(path, &status) == 0 else { throw NoSuchFile(path: path) }
  return status.st_mode & 0o777
}

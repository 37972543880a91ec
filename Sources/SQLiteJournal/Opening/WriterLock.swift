import FoundationEssentials
import Glibc
import RecoveryCore

/// The right to write to a state directory: an exclusive `flock` on `aftercare.lock`, held from `init` to `deinit`.
///
/// The kernel gives it up when the process ends, however it ends, so a lock file that was left behind keeps nobody out.
/// It guards one host; between hosts the fence does.
final class WriterLock: Sendable {
  static let fileName = "aftercare.lock"

  private let descriptor: Int32

  init(directory: String) throws(JournalError) {
    let path = directory + "/" + WriterLock.fileName
    // Not inherited: a child process would hold the lock after our death.
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    let code = errno
    guard opened >= 0 else {
      throw JournalError(
        .cannotOpen,
        "cannot open the lock \(path): \(StateDirectory.words(forErrno: code)). Check that the directory belongs to "
          + "the user that aftercare runs as.")
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      close(opened)
      guard reason == EWOULDBLOCK else {
        throw JournalError(
          .cannotOpen,
          "cannot lock \(path): \(StateDirectory.words(forErrno: reason)). The state directory must be on a local "
            + "file system.")
      }
      throw JournalError(
        .locked,
        "another aftercare (\(WriterLock.owner(path))) writes to \(directory); stop it, or give this one a state "
          + "directory of its own")
    }
    descriptor = opened
    // For people only: the lock is the descriptor's, and who cannot be named is merely "another process". Written in
    // place, since a file put over this one would carry no lock.
    try? Data("\(getpid())\n".utf8).write(to: URL(filePath: path))
  }

  deinit {
    close(descriptor)
  }

  private static func owner(_ path: String) -> String {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return "another process" }
    let digits = String(decoding: data, as: UTF8.self).prefix(while: { $0.isNumber })
    return digits.isEmpty ? "another process" : "process \(digits)"
  }
}

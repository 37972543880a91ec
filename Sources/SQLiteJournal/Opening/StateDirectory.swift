import Glibc
import RecoveryCore

/// The directory that holds the journal, its lock and its key. What is in it names machines and what they run, so it is
/// for its owner alone, whatever the umask says.
enum StateDirectory {
  /// Creates the directory, and those above it, with mode 0700. One that exists and that others may enter, or that is
  /// somebody else's, is refused: nobody can say who has read it.
  static func create(_ path: String) throws(JournalError) {
    var result = unsafe mkdir(path, 0o700)
    var code = errno
    if result != 0, code == ENOENT, let parent = pathAbove(path) {
      try create(parent)
      result = unsafe mkdir(path, 0o700)
      code = errno
    }
    guard result == 0 || code == EEXIST else {
      throw JournalError(
        .cannotOpen,
        "cannot create the state directory \(path): \(words(forErrno: code)). Create it for the user that aftercare "
          + "runs as, or name another one in the configuration.")
    }
    if result != 0 { try checkPrivate(path) }
  }

  private static func checkPrivate(_ path: String) throws(JournalError) {
    var about = stat()
    guard unsafe stat(path, &about) == 0, about.st_mode & S_IFMT == S_IFDIR else {
      throw JournalError(
        .cannotOpen, "the state directory \(path) is not a directory; name another one in the configuration")
    }
    guard about.st_uid == geteuid() else {
      throw JournalError(
        .cannotOpen,
        "the state directory \(path) belongs to user \(about.st_uid), and this is user \(geteuid()): run aftercare as "
          + "its owner (sudo -u '#\(about.st_uid)' …), or give the directory to this user")
    }
    guard about.st_mode & 0o077 == 0 else {
      let mode = String(about.st_mode & 0o777, radix: 8)
      throw JournalError(
        .cannotOpen, "the state directory \(path) has mode \(mode), so others may read it: chmod 700 '\(path)'")
    }
  }

  /// Creates an empty file with mode 0600 when there is none, and returns whether it did. SQLite gives the files that it
  /// adds beside it the mode that it finds here.
  ///
  /// - Important: A file that exists is never opened and closed here: closing any descriptor of a file drops every
  ///   POSIX lock that the process holds on it, those of SQLite's own connections included.
  @discardableResult
  static func createPrivateFile(_ path: String) throws(JournalError) -> Bool {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    let code = errno
    if descriptor >= 0 {
      close(descriptor)
      return true
    }
    guard code == EEXIST else {
      throw JournalError(
        code == ENOSPC ? .full : (code == EROFS ? .readOnly : .cannotOpen),
        "cannot create \(path): \(words(forErrno: code)). Check the owner of the directory and the disk.")
    }
    // Tightens a file that was copied back with a wider mode. Where the file system knows no modes it fails, and the
    // directory's owner has to see to it.
    for suffix in ["", "-wal", "-shm"] {
      _ = unsafe chmod(path + suffix, 0o600)
    }
    return false
  }

  static func words(forErrno code: Int32) -> String {
    switch code {
    case EACCES, EPERM: "permission denied"
    case EROFS: "the file system is read-only"
    case ENOSPC: "the disk is full"
    case ENOTDIR, EEXIST: "something in the path is not a directory"
    case ENOENT: "no such directory"
    case EMFILE, ENFILE: "too many open files"
    default: "system error \(code)"
    }
  }

  static func pathAbove(_ path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return String(path[..<slash])
  }
}

import Glibc
import RecoveryCore

/// What can be checked on this host alone. Nothing is created, opened for writing, or changed.
struct HostChecks {
  let configuration: Configuration

  func results() -> [CheckResult] {
    // With a database nothing is written here.
    var results = configuration.journal == nil ? [stateDirectory()] : []
    if configuration.journal == nil, let free = HostChecks.room(at: HostChecks.existing(configuration.state)) {
      results.append(.disk(configuration.state, free: free))
    }
    return results + Set(configuration.requirements.protectedSettingsFiles).sorted().map(secretFile)
  }

  private func stateDirectory() -> CheckResult {
    let path = configuration.state
    func fail(_ found: String, _ remedy: String) -> CheckResult {
      .fail(.stateDirectory, path, found, remedy: remedy)
    }
    guard let about = HostChecks.status(path) else {
      let parent = HostChecks.existing(path)
      guard let above = HostChecks.status(parent), above.isDirectory, unsafe access(parent, W_OK | X_OK) == 0 else {
        return fail(
          "is not there, and this user cannot make it in \(parent)",
          "sudo install -d -m 700 -o \(geteuid()) '\(path)', or name another directory in the configuration.")
      }
      return .pass(.stateDirectory, path, "not there yet: the first start makes it in \(parent)")
    }
    guard about.isDirectory else {
      return fail("is no directory", "Name another path under 'state' in the configuration.")
    }
    guard about.owner == geteuid() else {
      return fail(
        "belongs to user \(about.owner), and this is user \(geteuid())",
        "Check as the user that the daemon runs as (sudo -u '#\(about.owner)' …), or: chown \(geteuid()) '\(path)'")
    }
    guard about.mode & 0o077 == 0 else {
      return fail("has mode \(about.octal): others may read what machines run", "chmod 700 '\(path)'")
    }
    guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else {
      return fail("cannot be written to", "chmod 700 '\(path)', and mount its disk for writing.")
    }
    return .pass(.stateDirectory, path, "its owner's alone")
  }

  /// That it can be read and holds JSON is a matter of the configuration, and was checked with it.
  private func secretFile(_ path: String) -> CheckResult {
    guard let about = HostChecks.status(path) else {
      return .fail(.protectedSettingsFile, path, "is not there", remedy: "Put it there, with mode 600.")
    }
    guard about.mode & 0o077 == 0 else {
      return .fail(
        .protectedSettingsFile, path, "has mode \(about.octal): others may read the secrets in it",
        remedy: "chmod 600 '\(path)'")
    }
    return .pass(.protectedSettingsFile, path, "its owner's alone")
  }

  // MARK: - The file system

  static func exists(_ path: String) -> Bool { status(path) != nil }
  static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  private struct Status {
    var mode: mode_t
    var owner: uid_t
    var isDirectory: Bool
    var octal: String { String(mode & 0o777, radix: 8) }
  }

  private static func status(_ path: String) -> Status? {
    var about = stat()
    guard unsafe stat(path, &about) == 0 else { return nil }
    return Status(mode: about.st_mode, owner: about.st_uid, isDirectory: about.st_mode & S_IFMT == S_IFDIR)
  }

  /// The path itself, or the nearest one above it that is there.
  private static func existing(_ path: String) -> String {
    var path = path
    while status(path) == nil, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      path = String(path[..<slash])
    }
    return status(path) == nil ? "/" : path
  }

  /// Bytes that this user may still write.
  private static func room(at path: String) -> Int64? {
    var about = statvfs()
    guard unsafe statvfs(path, &about) == 0 else { return nil }
    return Int64(clamping: about.f_bavail.multipliedReportingOverflow(by: about.f_frsize).partialValue)
  }
}

import CurlTransport
import Glibc

/// A file that is appended to, and set aside when it has grown: `path` becomes `path.1.gz`, that `path.2.gz`, and so on.
///
/// It blocks. Whoever owns it calls it from one thread at a time.
struct RotatingFile: ~Copyable {
  struct Rotation: Sendable {
    /// In bytes; nil when somebody else rotates, or nobody.
    var at: Int?
    /// How many are kept beside the current one.
    var keep = 10
    var gzip = true
  }

  struct Failure: Error {
    let message: String
  }

  private let path: String
  private let rotation: Rotation
  private var descriptor: Int32 = -1

  init(_ path: String, _ rotation: Rotation) {
    self.path = path
    self.rotation = rotation
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// What would keep this user from appending, found without touching anything: rotation needs the folder as well.
  static func obstacle(at path: String) -> Failure? {
    let folder = folder(of: path)
    guard unsafe access(folder, W_OK | X_OK) == 0 else { return failure("write to", folder) }
    guard unsafe access(path, F_OK) == 0 else { return nil }
    return unsafe access(path, R_OK | W_OK) == 0 ? nil : failure("open", path)
  }

  /// Appends whole lines: all of them are on the disk when it returns, and none of them when it throws.
  mutating func append(_ text: String) throws(Failure) {
    try open()
    var size = try self.size()
    if let most = rotation.at, size > 0, size + text.utf8.count > most {
      try rotate()
      try open()
      size = 0
    }
    let bytes = Array((try startsAtLine(size) ? text : "\n" + text).utf8)
    guard write(bytes), fdatasync(descriptor) == 0 else {
      let failure = RotatingFile.failure("write to", path)
      // What is there, or half there, would be there twice after the next try.
      _ = ftruncate(descriptor, off_t(size))
      throw failure
    }
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  /// Opens the file, also when somebody has given it another name since.
  private mutating func open() throws(Failure) {
    if descriptor >= 0 {
      var (named, held) = (stat(), stat())
      let isThere = unsafe stat(path, &named) == 0 && fstat(descriptor, &held) == 0
      if isThere, named.st_ino == held.st_ino, named.st_dev == held.st_dev { return }
      close(descriptor)
    }
    let isNew = unsafe access(path, F_OK) != 0
    descriptor = unsafe Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw RotatingFile.failure("open", path) }
    if isNew { try syncFolder() }
  }

  /// A file that is on the disk is lost with the power all the same when its name is not.
  private func syncFolder() throws(Failure) {
    let folder = RotatingFile.folder(of: path)
    let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RotatingFile.failure("open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw RotatingFile.failure("write to", folder) }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  private func size() throws(Failure) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw RotatingFile.failure("read", path) }
    return Int(status.st_size)
  }

  /// False after a write that a power cut or a kill has torn.
  private func startsAtLine(_ size: Int) throws(Failure) -> Bool {
    guard size > 0 else { return true }
    var last: UInt8 = 0
    guard unsafe pread(descriptor, &last, 1, off_t(size - 1)) == 1 else { throw RotatingFile.failure("read", path) }
    return last == UInt8(ascii: "\n")
  }

  // MARK: - Rotation

  private mutating func rotate() throws(Failure) {
    for suffix in ["", ".gz"] { _ = unsafe unlink("\(path).\(rotation.keep)\(suffix)") }
    for number in (1..<max(1, rotation.keep)).reversed() {
      for suffix in ["", ".gz"] { _ = unsafe rename("\(path).\(number)\(suffix)", "\(path).\(number + 1)\(suffix)") }
    }
    guard unsafe rename(path, "\(path).1") == 0 else { throw RotatingFile.failure("rename", path) }
    if rotation.gzip { compress("\(path).1") }
  }

  /// A file that cannot be compressed, because the disk is full, stays as it is: nothing is lost by it.
  private func compress(_ file: String) {
    let partial = file + ".gz.partial"
    do {
      try GzipFile.compress(file, to: partial)
      guard unsafe rename(partial, file + ".gz") == 0 else { return }
      _ = unsafe unlink(file)
    } catch {
      _ = unsafe unlink(partial)
    }
  }

  private static func failure(_ verb: String, _ path: String) -> Failure {
    Failure(message: "cannot \(verb) \(path): \(unsafe String(cString: strerror(errno)))")
  }
}

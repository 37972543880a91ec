import Foundation
import Glibc
import RecoveryCore

/// Files that are whole under their name, or not there: written beside it, brought to the disk, and renamed.
enum DurableFile {
  static func exists(_ path: String) -> Bool { size(path) != nil }

  /// Nil when there is no such file.
  static func size(_ path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  static func rename(_ path: String, to name: String) throws(JournalError) {
    try sync(path)
    guard unsafe Glibc.rename(path, name) == 0 else { throw failure("rename \(path) to", name, errno) }
    try sync(directory(of: name))
  }

  /// A second name for the file, so that it is never without one.
  static func link(_ path: String, to name: String) throws(JournalError) {
    guard unsafe Glibc.link(path, name) == 0 else { throw failure("keep \(path) as", name, errno) }
  }

  static func remove(_ path: String) {
    _ = unsafe unlink(path)
  }

  static func sync(_ path: String) throws(JournalError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("write", path, errno) }
  }

  /// Copies into a new file with mode 0600.
  static func copy(_ path: String, to copy: String) throws(JournalError) {
    let source = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw failure("open", path, errno) }
    defer { close(source) }
    let target = unsafe open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw failure("create", copy, errno) }
    defer { close(target) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe read(source, &buffer, buffer.count)
      guard count >= 0 else { throw failure("read", path, errno) }
      if count == 0 { return }
      var written = 0
      while written < count {
        let more = unsafe buffer.withUnsafeBytes { bytes in
          unsafe write(target, bytes.baseAddress.map { unsafe $0 + written }, count - written)
        }
        guard more > 0 else { throw failure("write", copy, errno) }
        written += more
      }
    }
  }

  private static func directory(of path: String) -> String {
    StateDirectory.pathAbove(path) ?? (path.hasPrefix("/") ? "/" : ".")
  }

  private static func failure(_ verb: String, _ path: String, _ code: Int32) -> JournalError {
    let kind: JournalError.Code = code == ENOSPC ? .full : (code == EROFS ? .readOnly : .cannotOpen)
    return JournalError(
      kind,
      "cannot \(verb) \(path): \(StateDirectory.words(forErrno: code)). Check the directory, its owner and its disk.")
  }
}

extension DurableFile {
  /// How long a database is by its own header (SQLite, "The Database Header": page size at 16, size in pages at 28, which
  /// counts where the numbers at 24 and 92 agree); nil when it does not say.
  static func wholeSize(ofDatabase path: String) -> Int? {
    guard let file = try? FileHandle(forReadingFrom: URL(filePath: path)),
      let header = try? file.read(upToCount: 100), header.count == 100
    else { return nil }
    try? file.close()
    func number(at place: Int, bytes: Int) -> Int { header[place..<place + bytes].reduce(0) { $0 << 8 | Int($1) } }
    guard number(at: 24, bytes: 4) == number(at: 92, bytes: 4) else { return nil }
    let page = number(at: 16, bytes: 2)
    return (page == 1 ? 65_536 : page) * number(at: 28, bytes: 4)
  }
}

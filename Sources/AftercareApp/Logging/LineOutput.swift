public import Foundation
import Glibc
import Synchronization

/// Where lines go, one at a time: lines of several tasks never mix.
public final class LineOutput: Sendable {
  public static let standardOutput = LineOutput(.standardOutput)
  public static let standardError = LineOutput(.standardError)

  /// Nil once nobody reads any more; then what is said goes nowhere, and the watch goes on.
  private let handle: Mutex<FileHandle?>
  /// Whether the system's journal reads: it takes a line's priority from a `<3>` before it (sd-daemon(3)), and keeps it
  /// apart from the text. `journalctl -p err` then finds what needs a person.
  private let isJournal: Bool

  public init(_ handle: FileHandle, environment: [String: String] = ProcessInfo.processInfo.environment) {
    isJournal = LineOutput.isJournal(handle.fileDescriptor, environment["JOURNAL_STREAM"])
    self.handle = Mutex(handle)
  }

  public func write(_ line: String) { write(line, priority: nil) }

  func write(_ line: String, priority: Int?) {
    let prefix = isJournal ? priority.map { "<\($0)>" } ?? "" : ""
    handle.withLock { handle in
      do {
        try handle?.write(contentsOf: Data((prefix + line + "\n").utf8))
      } catch {
        handle = nil
      }
    }
  }

  /// The variable names device and inode of the stream that leads to the journal: standard output may have been led
  /// elsewhere since (systemd.exec(5)).
  private static func isJournal(_ descriptor: Int32, _ stream: String?) -> Bool {
    guard let stream else { return false }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}

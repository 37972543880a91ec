public import Foundation
import Synchronization

/// Where lines go, one at a time: lines of several tasks never mix.
public final class LineOutput: Sendable {
  public static let standardOutput = LineOutput(.standardOutput)
  public static let standardError = LineOutput(.standardError)

  /// Nil once nobody reads any more; then what is said goes nowhere, and the watch goes on.
  private let handle: Mutex<FileHandle?>

  public init(_ handle: FileHandle) { self.handle = Mutex(handle) }

  public func write(_ line: String) {
    handle.withLock { handle in
      do {
        try handle?.write(contentsOf: Data((line + "\n").utf8))
      } catch {
        handle = nil
      }
    }
  }
}

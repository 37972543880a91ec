public import Foundation

extension Process {
  /// Waits for its end without holding a thread: a pool has as few as the machine has cores, and a test's own server may
  /// need one to answer the very process that is waited for.
  public func exited() async {
    while isRunning, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(20)) }
  }
}

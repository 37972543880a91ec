import Glibc

/// A value behind a lock: a POSIX mutex, which the thread sanitizer understands.
///
/// `@unchecked Sendable` because `value` is read and written between lock and unlock of one mutex alone, and is itself
/// `Sendable`, so that what leaves the closure may leave.
final class Locked<Value: Sendable>: @unchecked Sendable {
  /// On the heap: a mutex must not move while it lives.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  init(_ value: Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    let code = pthread_mutex_init(mutex, nil)
    precondition(code == 0, "a mutex could not be made: error \(code)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deinitialize(count: 1)
    mutex.deallocate()
  }

  /// Runs `body` alone with the value. Nothing that waits belongs inside.
  func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}

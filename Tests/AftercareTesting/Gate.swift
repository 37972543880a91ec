import Glibc

/// A descriptor that becomes readable once and stays so, for everybody who polls it: a byte goes into a pipe and is
/// never taken out.
struct Gate: Sendable {
  let readable: Int32
  private let writable: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemFailure(call: "pipe", errno: errno) }
    (readable, writable) = (ends[0], ends[1])
  }

  func open() {
    var byte: UInt8 = 1
    write(writable, &byte, 1)
  }

  /// Once, when nobody polls it any more.
  func destroy() {
    close(readable)
    close(writable)
  }
}

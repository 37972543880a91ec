/// A call to the system that failed in test scaffolding.
public struct SystemFailure: Error {
  public let call: String
  public let errno: Int32

  public init(call: String, errno: Int32) {
    self.call = call
    self.errno = errno
  }
}

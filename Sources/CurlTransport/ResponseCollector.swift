import HTTPTypes

/// Collects one answer from libcurl's callbacks. Lives on the transfer thread alone.
final class ResponseCollector {
  private(set) var head: ResponseHead
  private(set) var body: ResponseBody
  /// The first thing that went wrong; after it every callback says "stop".
  private(set) var failure: CollectionFailure?
  private var coding: ResponseBody.Coding?

  init(limits: TransferLimits) {
    head = ResponseHead(limit: limits.headerBytes)
    body = ResponseBody(limits: limits)
  }

  /// Takes a header line; false stops the transfer.
  func takeHeader(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    guarded { () throws(CollectionFailure) in try head.take(line) }
  }

  /// Takes a piece of the body; false stops the transfer.
  func takeBody(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
    guarded { () throws(CollectionFailure) in
      if let coding { return try body.take(piece, coding: coding) }
      let first = try Self.coding(head.fields.value(of: .contentEncoding))
      coding = first
      // A length that is a lie must not cost what it says.
      if first == .identity, let count = head.fields.value(of: .contentLength).flatMap({ Int($0) }),
        (1...(4 << 20)).contains(count)
      {
        body.expect(count)
      }
      try body.take(piece, coding: first)
    }
  }

  /// The status, once libcurl says that all has come; checks what only the end can show.
  func finish() throws(CollectionFailure) -> HTTPResponse.Status {
    if let failure { throw failure }
    try body.finish()
    guard head.isComplete, let status = head.status else {
      throw CollectionFailure(code: .protocolViolation, message: "the answer has no head")
    }
    return status
  }

  private func guarded(_ work: () throws(CollectionFailure) -> Void) -> Bool {
    guard failure == nil else { return false }
    do throws(CollectionFailure) {
      try work()
      return true
    } catch {
      failure = error
      return false
    }
  }

  /// We ask for gzip alone, so anything else would reach the caller as noise.
  private static func coding(_ told: String?) throws(CollectionFailure) -> ResponseBody.Coding {
    switch told?.lowercased() {
    case nil, "", "identity": return .identity
    case "gzip", "x-gzip": return .gzip
    default:
      throw CollectionFailure(code: .protocolViolation, message: "the body has a content encoding nobody asked for")
    }
  }
}

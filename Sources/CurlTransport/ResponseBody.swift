/// The body of an answer, inflated and held to its limits while it arrives.
struct ResponseBody: ~Copyable {
  /// How the bytes on the wire are coded; settled by the fields before the first of them.
  enum Coding: Sendable {
    case identity, gzip
  }

  private(set) var bytes: [UInt8] = []
  private(set) var wireBytes = 0
  private let limits: TransferLimits
  private var inflater: Inflater?

  init(limits: TransferLimits) {
    self.limits = limits
  }

  /// Makes room for what the answer says it has, as far as it may have that much.
  mutating func expect(_ count: Int) { bytes.reserveCapacity(min(count, limits.bodyBytes)) }

  /// Takes the next bytes from the wire.
  mutating func take(_ input: UnsafeBufferPointer<UInt8>, coding: Coding) throws(CollectionFailure) {
    let before = wireBytes
    wireBytes += input.count
    switch coding {
    case .identity:
      guard input.count <= limits.bodyBytes - bytes.count else { throw Self.bodyTooLarge }
      bytes.append(contentsOf: input)
    case .gzip:
      try inflate(input, after: before)
    }
  }

  /// Checks that the end of the bytes is the end of the body.
  func finish() throws(CollectionFailure) {
    switch inflater {
    case .some(let inflater) where !inflater.isAtMemberEnd:
      throw CollectionFailure(code: .truncated, message: "the compressed body breaks off")
    default: break
    }
  }

  private mutating func inflate(_ input: UnsafeBufferPointer<UInt8>, after before: Int) throws(CollectionFailure) {
    var failure: CollectionFailure?
    do throws(GzipFailure) {
      if inflater == nil { inflater = try Inflater() }
      let limits = limits
      var body = [UInt8]()
      swap(&body, &bytes)
      defer { swap(&body, &bytes) }
      try inflater?.inflate(input) { piece, consumed in
        if piece.count > limits.bodyBytes - body.count {
          failure = Self.bodyTooLarge
          return false
        }
        let inflated = body.count + piece.count
        if inflated > TransferLimits.inflationFloor, inflated / max(1, limits.inflationRatio) > before + consumed {
          failure = CollectionFailure(
            code: .inflationTooLarge, message: "the body inflates to more than \(limits.inflationRatio) times its size")
          return false
        }
        body.append(contentsOf: piece)
        return true
      }
    } catch {
      switch error {
      case .outOfMemory: failure = CollectionFailure(code: .outOfMemory, message: "no memory to inflate the body")
      case .malformed:
        failure = CollectionFailure(code: .badCompression, message: "the body says that it is gzip and is not")
      }
    }
    if let failure { throw failure }
  }

  private static let bodyTooLarge = CollectionFailure(
    code: .bodyTooLarge, message: "the body is larger than permitted")
}

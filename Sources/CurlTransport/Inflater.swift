import CZlib

/// Inflates gzip as it arrives, piece by piece into a buffer of fixed size, so that whoever takes the pieces can stop
/// before memory fills.
///
/// Members one after another are one body (RFC 1952, 2.2). Owns its stream, hence not copyable.
struct Inflater: ~Copyable {
  /// Large enough for few calls, small enough to overshoot a limit by little.
  private static let pieceBytes = 32 << 10

  /// On the heap: zlib keeps a pointer back to its stream.
  private let stream: UnsafeMutablePointer<z_stream>
  private let piece: UnsafeMutableBufferPointer<UInt8>
  /// Between two members, or before the first byte: where the body may end.
  private(set) var isAtMemberEnd = true

  init() throws(GzipFailure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    piece = .allocate(capacity: Self.pieceBytes)
    // `inflateEnd` answers a stream that was never set up with an error code and no harm.
    guard czlib_inflate_init_gzip(stream) == Z_OK else { throw .outOfMemory }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    piece.deallocate()
  }

  /// Inflates `input` and hands over each piece with the number of input bytes it took so far of this call. Stops
  /// early, and without an error, once `take` says false.
  mutating func inflate(
    _ input: UnsafeBufferPointer<UInt8>, take: (_ piece: UnsafeBufferPointer<UInt8>, _ consumed: Int) -> Bool
  ) throws(GzipFailure) {
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.pointee.avail_in = UInt32(clamping: input.count)
    repeat {
      if isAtMemberEnd {
        // All input may have gone with the member that has just ended.
        guard stream.pointee.avail_in > 0 else { return }
        guard inflateReset(stream) == Z_OK else { throw .malformed }
        isAtMemberEnd = false
      }
      stream.pointee.next_out = piece.baseAddress
      stream.pointee.avail_out = UInt32(Self.pieceBytes)
      let code = CZlib.inflate(stream, Z_NO_FLUSH)
      switch code {
      case Z_OK: break
      case Z_STREAM_END: isAtMemberEnd = true
      // No progress is possible: everything that came is used up.
      case Z_BUF_ERROR: return
      case Z_MEM_ERROR: throw .outOfMemory
      default: throw .malformed
      }
      let made = Self.pieceBytes - Int(stream.pointee.avail_out)
      let consumed = input.count - Int(stream.pointee.avail_in)
      if made > 0, !take(UnsafeBufferPointer(rebasing: piece[..<made]), consumed) { return }
      // A full piece may mean that zlib holds more although the input is used up.
    } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
  }
}

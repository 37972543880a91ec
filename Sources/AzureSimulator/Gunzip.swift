import CZlib

/// Inflates a request body in one go.
enum Gunzip {
  enum Failure: Error {
    case tooLarge
    /// It is no gzip, or breaks off.
    case malformed
  }

  static func inflate(_ input: [UInt8], atMost most: Int) throws(Failure) -> [UInt8] {
    // zlib keeps a pointer back to its stream, so the stream must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    guard unsafe czlib_inflate_init_gzip(stream) == Z_OK else { throw .malformed }
    defer { unsafe inflateEnd(stream) }
    var input = input
    var isWhole = false
    let output = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
      unsafe input.withUnsafeMutableBufferPointer { bytes in
        unsafe stream.pointee.next_in = bytes.baseAddress
        unsafe stream.pointee.avail_in = UInt32(clamping: bytes.count)
        unsafe stream.pointee.next_out = buffer.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: most)
        isWhole = unsafe CZlib.inflate(stream, Z_FINISH) == Z_STREAM_END
        count = most - Int(unsafe stream.pointee.avail_out)
      }
    }
    guard isWhole else { throw output.count == most ? .tooLarge : .malformed }
    return output
  }
}

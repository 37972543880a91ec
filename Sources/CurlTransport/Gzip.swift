import CZlib

/// Compression in one go, for request bodies: they are built in memory and are small.
enum Gzip {
  static func compress(_ input: [UInt8]) throws(GzipFailure) -> [UInt8] {
    // zlib keeps a pointer back to its stream, so the stream must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard input.count <= Int(UInt32.max), czlib_deflate_init_gzip(stream) == Z_OK else {
      throw .outOfMemory
    }
    defer { deflateEnd(stream) }

    let room = Int(deflateBound(stream, UInt(input.count)))
    var finished = false
    let output = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      input.withUnsafeBufferPointer { bytes in
        // zlib reads only, but its field is not const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(clamping: buffer.count)
        finished = deflate(stream, Z_FINISH) == Z_STREAM_END
        count = room - Int(stream.pointee.avail_out)
      }
    }
    guard finished else { throw .outOfMemory }
    return output
  }
}

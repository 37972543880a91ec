import CZlib
import Glibc

/// Compression of a file of any size, piece by piece. It blocks: not for the cooperative pool.
public enum GzipFile {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let pieceBytes = 64 << 10

  /// Writes `path` as a new file with mode 0600, whole and on the disk when this returns.
  public static func compress(_ path: String, to copy: String) throws {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw failure("open", path) }
    defer { close(source) }
    let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw failure("create", copy) }
    defer { close(target) }
    // zlib keeps a pointer back to its stream, so the stream must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard czlib_deflate_init_gzip(stream) == Z_OK else { throw Failure(description: "no memory to compress \(path)") }
    defer { deflateEnd(stream) }
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceBytes)
    defer { input.deallocate() }
    let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceBytes)
    defer { output.deallocate() }
    var isOver = false
    while !isOver {
      let count = read(source, input.baseAddress, pieceBytes)
      guard count >= 0 else { throw failure("read", path) }
      isOver = count == 0
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(count)
      repeat {
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(pieceBytes)
        // With room for output and a stream that was set up there is nothing that it could complain of.
        deflate(stream, isOver ? Z_FINISH : Z_NO_FLUSH)
        try write(output, pieceBytes - Int(stream.pointee.avail_out), to: target, copy)
      } while stream.pointee.avail_out == 0
    }
    guard fsync(target) == 0 else { throw failure("write", copy) }
  }

  private static func write(
    _ buffer: UnsafeMutableBufferPointer<UInt8>, _ count: Int, to target: Int32, _ path: String
  ) throws {
    var written = 0
    while written < count {
      let more = Glibc.write(target, buffer.baseAddress.map { $0 + written }, count - written)
      guard more > 0 else { throw failure("write", path) }
      written += more
    }
  }

  private static func failure(_ verb: String, _ path: String) -> Failure {
    Failure(description: "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
  }
}

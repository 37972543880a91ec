/// Why zlib could not go on.
enum GzipFailure: Error {
  case outOfMemory
  /// The bytes are no gzip, or their checksum is wrong.
  case malformed
}

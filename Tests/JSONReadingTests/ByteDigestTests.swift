import AftercareTesting
import Testing

@testable import JSONReading

@Suite("A digest of bytes")
struct ByteDigestTests {
  private func digest(_ bytes: [UInt8]) -> UInt64 { unsafe ByteDigest.of(bytes.span.bytes) }

  @Test("is the same for equal bytes, wherever they lie, and another one after any change of one bit")
  func bits() {
    for count in 0...70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      let whole = digest(bytes)
      #expect(digest(Array(([1, 2, 3] + bytes + [4])[3..<(3 + count)])) == whole)
      var seen: Set<UInt64> = [whole]
      for place in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[place] ^= 1 << bit
          seen.insert(digest(changed))
        }
      }
      #expect(seen.count == 1 + 8 * count)
    }
  }

  @Test("is another one for bytes that were moved, cut off or added, zeros among them")
  func order() {
    var seen: Set<UInt64> = []
    var texts: [[UInt8]] = []
    for count in 0...64 { texts.append(Array(repeating: 0, count: count)) }
    let words = (0..<4).map { word in Array(repeating: UInt8(word + 1), count: 8) }
    for first in words { for second in words { for third in words { texts.append(first + second + third) } } }
    for text in texts { seen.insert(digest(text)) }
    #expect(seen.count == texts.count)
  }
}

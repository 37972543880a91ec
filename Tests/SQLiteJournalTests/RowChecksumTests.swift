import AftercareTesting
import RecoveryCore
import Testing

@testable import JournalFormat

/// Rows of one array are looked at four at a time, and each must come out as it does alone.
@Suite("A row's checksum")
struct RowChecksumTests {
  /// Rows of many lengths, and how many bytes lie between them.
  private static func rows() throws -> [[UInt8]] {
    try (0..<11).map { number in
      var item = JournalSamples.item(key: ItemKey("item:\(number)"))
      item.said = Set((0..<(number * 7 % 5 * 40)).map { "mark \($0)" })
      return Array(try JournalJSON.encode(item).utf8)
    }
  }

  private static func laid(_ rows: [[UInt8]]) -> (bytes: [UInt8], places: [Range<Int>]) {
    var bytes: [UInt8] = Array("before".utf8)
    let places = rows.map { row in
      bytes += row
      return (bytes.count - row.count)..<bytes.count
    }
    return (bytes, places)
  }

  @Test("is right of what was written, and of what was written before there were any")
  func right() throws {
    let rows = try Self.rows() + [Array("{}".utf8), Array(#"{"a":1}"#.utf8), []]
    let (bytes, places) = Self.laid(rows)
    #expect(RowChecksum.areRight(places, in: bytes) == rows.map { _ in true })
    #expect(RowChecksum.areRight([], in: bytes) == [])
    #expect(rows.allSatisfy { RowChecksum.isRight($0) })
  }

  @Test("is wrong of the one row in which a byte has changed, and of no other", arguments: 1...20)
  func wrong(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (whole, places) = Self.laid(try Self.rows())
    for (row, place) in places.enumerated() {
      var bytes = whole
      // Not the name that says that there is a checksum.
      let at = Int.random(in: place.dropLast(27), using: &random)
      bytes[at] ^= UInt8.random(in: 1...255, using: &random)
      #expect(RowChecksum.areRight(places, in: bytes) == places.indices.map { $0 != row }, "row \(row), byte \(at)")
      #expect(!RowChecksum.isRight(Array(bytes[place])))
      bytes = whole
      bytes[place.upperBound - Int.random(in: 3...18, using: &random)] = UInt8(ascii: "x")
      #expect(RowChecksum.areRight(places, in: bytes) == places.indices.map { $0 != row })
    }
  }
}

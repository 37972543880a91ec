/// A checksum that a value carries as the last member of its JSON: SQLite notices a damaged page only by its structure,
/// not by its content, and an event that says something else must not be believed.
///
/// FNV-1a with 64 bits: it differs for any one changed byte, and for all else but one time in 2^64.
package enum RowChecksum {
  package static let broken = "it is not as it was written: its checksum is wrong"

  private static let mark = "\"check\":\""
  private static let digits = 16

  /// - Parameter json: an object.
  package static func add(to json: [UInt8]) -> String {
    let sum = checksum(json.span)
    var text = json
    text.removeLast()
    if json.count > 2 { text.append(UInt8(ascii: ",")) }
    text += Array((mark + hex(sum) + "\"}").utf8)
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether the JSON is as it was written. What was written before there were checksums passes.
  package static func isRight(_ json: [UInt8]) -> Bool {
    guard let claim = Claim(json, json.indices) else { return true }
    return claim.isMet(by: checksum(json.span.extracting(claim.content)))
  }

  /// As `isRight`, of several rows that lie in one array. Four at a time: a sum waits at each byte for the one before, and
  /// four of them wait as long as one.
  package static func areRight(_ rows: [Range<Int>], in bytes: [UInt8]) -> [Bool] {
    var areRight = [Bool](repeating: true, count: rows.count)
    var waiting: [(row: Int, claim: Claim)] = []
    waiting.reserveCapacity(4)
    func look() {
      var sums = InlineArray<4, UInt64>(repeating: start)
      let common = waiting.count == 4 ? waiting.map(\.claim.content.count).min() ?? 0 : 0
      if common > 0 {
        let froms = InlineArray<4, Int> { waiting[$0].claim.content.lowerBound }
        addAll(bytes.span, froms, common, to: &sums)
      }
      for at in waiting.indices {
        let (row, claim) = waiting[at]
        let rest = bytes.span.extracting((claim.content.lowerBound + common)..<claim.content.upperBound)
        areRight[row] = claim.isMet(by: checksum(rest, behind: sums[at]))
      }
      waiting.removeAll(keepingCapacity: true)
    }
    for (row, place) in rows.enumerated() {
      guard let claim = Claim(bytes, place) else { continue }
      waiting.append((row, claim))
      if waiting.count == 4 { look() }
    }
    look()
    return areRight
  }

  /// What a row says of itself: of which bytes this is the sum, once a brace is put behind them.
  private struct Claim {
    var content: Range<Int>
    /// Nil when it is no number, and so wrong.
    var sum: UInt64?

    /// - Parameter found: the sum of the content, without the brace.
    func isMet(by found: UInt64) -> Bool { next(found, UInt8(ascii: "}")) == sum }

    /// Nil for a row without.
    init?(_ bytes: [UInt8], _ row: Range<Int>) {
      let head = row.upperBound - mark.utf8.count - digits - 2
      let first = row.upperBound - digits - 2
      guard head > row.lowerBound, bytes[head..<first].elementsEqual(mark.utf8),
        bytes[row].suffix(2).elementsEqual("\"}".utf8)
      else { return nil }
      content = row.lowerBound..<(bytes[head - 1] == UInt8(ascii: ",") ? head - 1 : head)
      var number: UInt64 = 0
      for byte in bytes[first..<(first + digits)] {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
        default: return
        }
      }
      sum = number
    }
  }

  private static func addAll(
    _ bytes: Span<UInt8>, _ froms: InlineArray<4, Int>, _ count: Int, to sums: inout InlineArray<4, UInt64>
  ) {
    var (first, second, third, fourth) = (sums[0], sums[1], sums[2], sums[3])
    let spans = (
      bytes.extracting(froms[0]..<(froms[0] + count)), bytes.extracting(froms[1]..<(froms[1] + count)),
      bytes.extracting(froms[2]..<(froms[2] + count)), bytes.extracting(froms[3]..<(froms[3] + count))
    )
    for at in 0..<count {
      first = next(first, spans.0[at])
      second = next(second, spans.1[at])
      third = next(third, spans.2[at])
      fourth = next(fourth, spans.3[at])
    }
    (sums[0], sums[1], sums[2], sums[3]) = (first, second, third, fourth)
  }

  private static let start: UInt64 = 0xCBF2_9CE4_8422_2325

  /// - Parameter before: the sum of what lies before the bytes.
  private static func checksum(_ bytes: borrowing Span<UInt8>, behind before: UInt64 = start) -> UInt64 {
    var sum = before
    for index in bytes.indices { sum = next(sum, bytes[index]) }
    return sum
  }

  private static func next(_ sum: UInt64, _ byte: UInt8) -> UInt64 { (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }

  private static func hex(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}

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
  package static func isRight(_ text: [UInt8]) -> Bool {
    let head = text.count - mark.utf8.count - digits - 2
    guard head >= 1, text[head...].starts(with: mark.utf8), text.suffix(2).elementsEqual("\"}".utf8) else {
      return true
    }
    let end = text[head - 1] == UInt8(ascii: ",") ? head - 1 : head
    let told = text[(text.count - digits - 2)...].prefix(digits)
    let found = next(checksum(text.span.extracting(0..<end)), UInt8(ascii: "}"))
    return told.elementsEqual(hex(found).utf8)
  }

  private static func checksum(_ bytes: borrowing Span<UInt8>) -> UInt64 {
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in bytes.indices { sum = next(sum, bytes[index]) }
    return sum
  }

  private static func next(_ sum: UInt64, _ byte: UInt8) -> UInt64 { (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }

  private static func hex(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}

/// A checksum that a value carries as the last member of its JSON: SQLite notices a damaged page only by its structure,
/// not by its content, and an event that says something else must not be believed.
///
/// FNV-1a with 64 bits: it differs for any one changed byte, and for all else but one time in 2^64.
package enum RowChecksum {
  package static let broken = "it is not as it was written: its checksum is wrong"

  private static let mark = "\"check\":\""
  private static let digits = 16

  package static func add(to json: String) -> String {
    let comma = json == "{}" ? "" : ","
    return json.dropLast() + comma + mark + hex(checksum(json.utf8)) + "\"}"
  }

  /// The JSON without its checksum; nil when it is not what was written. What was written before there were checksums passes.
  package static func check(_ text: String) -> String? {
    let end = text.suffix(digits + 2)
    let head = text.dropLast(digits + 2)
    guard head.hasSuffix(mark), end.hasSuffix("\"}") else { return text }
    var json = head.dropLast(mark.count)
    if json.hasSuffix(",") { json = json.dropLast() }
    let whole = json + "}"
    return hex(checksum(whole.utf8)) == end.dropLast(2) ? String(whole) : nil
  }

  private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  private static func hex(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}

/// Changes a body as a broken peer might: bytes, words, and whole pieces of it.
public struct Mutator {
  private static let words: [[UInt8]] = [
    "null", "true", "\"\"", "{}", "[]", "-0", "1e999", "9223372036854775808", "\"Succeeded\"", "\"Failed\"",
    "\"Unresponsive\"", "\"ProvisioningState/succeeded\"", "\"ProvisioningState/\"", "\"Recovery\"", "\"None\"",
    "\\u0000",
    "\\ud800", "\u{FEFF}", "/", "//", "{", "}", "[", "]", ":", ",", "\"", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z", "2026-02-30",
  ].map { Array($0.utf8) }

  public init() {}

  /// A few changes, by the numbers of a generator.
  public func changed(_ bytes: [UInt8], by random: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...6, using: &random) { change(&bytes, &random) }
    return bytes
  }

  private func change(_ bytes: inout [UInt8], _ random: inout some RandomNumberGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 0...Int.random(in: 1...200, using: &random), using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
    case 4: bytes.insert(contentsOf: Mutator.words.randomElement(using: &random) ?? [], at: place)
    case 5: replaceText(in: &bytes, from: place, &random)
    case 6 where Int.random(in: 0..<10, using: &random) == 0: bytes.removeSubrange(place...)
    default: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: place)
    }
  }

  /// The next quoted text becomes another one: the document stays well-formed, and says something else.
  private func replaceText(in bytes: inout [UInt8], from place: Int, _ random: inout some RandomNumberGenerator) {
    let quote = UInt8(ascii: "\"")
    guard let start = bytes[place...].firstIndex(of: quote), let end = bytes[(start + 1)...].firstIndex(of: quote)
    else { return }
    bytes.replaceSubrange(start...end, with: Mutator.words.randomElement(using: &random) ?? [])
  }
}

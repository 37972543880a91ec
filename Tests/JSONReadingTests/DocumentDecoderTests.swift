import AftercareTesting
import FoundationEssentials
import RecoveryCore
import Testing

@testable import JSONReading

/// Foundation's coder is the reference: what it writes comes back the same by both ways, and what does not fit is
/// refused by both.
@Suite("A document decodes")
struct DocumentDecoderTests {
  private struct Everything: Codable, Hashable {
    enum Choice: Codable, Hashable { case none, one(String), pair(first: Int, second: [Choice]) }
    var text = "Größe \"€\" \\ \n \u{1F600}"
    var empty = ""
    var flag = true
    var small: Int8 = -128
    var large: Int64 = .min
    var unsigned: UInt64 = .max / 2
    var number = 12.5
    var whole = 3.0
    var absent: String?
    var present: Int? = 7
    var list: [Int?] = [1, nil, 3]
    var nested: [[String]] = [[], ["a"]]
    var named: [String: Double] = ["a": 1, "": -0.5, "ü\"": 1e300]
    var numbered: [Int: Bool] = [3: true]
    var some: Set<String> = ["x"]
    var choices: [Choice] = [.none, .one("a"), .pair(first: 1, second: [.none])]
    var value: JSONValue = .object(["a": .array([.null, .integer(1), .number(1.5), .bool(false)])])
    var span: Duration = .milliseconds(1500)
  }

  private func expectSame<Value: Codable & Hashable>(_ value: Value) throws {
    let data = try JSONEncoder().encode(value)
    let read = try JSONDocument(parsing: Array(data)).decode(Value.self)
    #expect(read == value)
    #expect(try JSONDecoder().decode(Value.self, from: data) == read)
  }

  @Test("whatever Foundation has written")
  func everything() throws { try expectSame(Everything()) }

  @Test("the journal's own values")
  func journal() throws {
    try expectSame(JournalSamples.healingItem())
    try expectSame(JournalSamples.heal())
    try expectSame(JournalSamples.sweep())
    for kind in EventKind.allCases { try expectSame(JournalSamples.event(kind)) }
  }

  @Test(
    "nothing that Foundation would not",
    arguments: [
      "{}", "[]", "null", #"{"text": 1}"#, #"{"at": "now"}"#, #"{"small": 128}"#, #"{"small": 1.5}"#,
      #"{"small": true}"#, #"{"small": null}"#, #"{"SMALL": 1}"#, #"{"small": -129}"#,
    ])
  func refused(text: String) throws {
    struct Small: Codable { var small: Int8 }
    let document = try JSONDocument(parsing: Array(text.utf8))
    #expect(throws: (any Error).self) { try document.decode(Small.self) }
    #expect(throws: (any Error).self) { try JSONDecoder().decode(Small.self, from: Data(text.utf8)) }
  }

  @Test("what is left of a row after any byte of it was changed as Foundation does, or refuses it", arguments: 1...20)
  func changed(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let whole = Array(try JSONEncoder().encode(JournalSamples.healingItem()))
    for _ in 0..<100 {
      var bytes = whole
      bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
      let ours = try? JSONDocument(parsing: bytes).decode(ItemState.self)
      let reference = try? JSONDecoder().decode(ItemState.self, from: Data(bytes))
      // Refused is refused: then Foundation is asked what is wrong.
      if let ours { #expect(ours == reference, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))") }
      if reference != nil { #expect(ours != nil, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))") }
    }
  }
}

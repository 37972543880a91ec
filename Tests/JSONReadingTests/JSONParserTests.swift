import FoundationEssentials
import RecoveryCore
import Testing

@testable import JSONReading

/// What is read must be what Foundation reads: it is the reference, and too slow for a sweep.
@Suite("The JSON parser")
struct JSONParserTests {
  private func reference(_ text: String) -> JSONValue? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  @Test(
    "reads what Foundation reads",
    arguments: [
      "null", "true", " false ", "0", "-0", "12", "-7", "1.5", "1.0", "-2.50e1", "1E3", "1e-7", "9223372036854775807",
      "9223372036854775808", "-9223372036854775808", "0.1", "123456789.123456789", #""""#, #""plain""#,
      #""a\"b\\c\/d\b\f\n\r\t""#, #""\u00e9\u20AC\uD83D\uDE00""#, #""Größe €""#, "[]", "[ ]", "[1, [2, [3]], {}]",
      #"{"a": 1, "b": [true, null], "c": {"d": "e"}}"#, #"{"": "", "\u0041": 1}"#, #"{"value":[],"nextLink":null}"#,
      "\u{FEFF}{}",
    ])
  func same(_ text: String) throws {
    let expected = try #require(reference(text.replacing("\u{FEFF}", with: "")))
    #expect(try JSONDocument(parsing: Array(text.utf8)).value == expected)
  }

  @Test(
    "refuses what Foundation refuses",
    arguments: [
      "", " ", "nul", "truex", "tru", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN", #"""#, #""a"#,
      #""\x""#, #""\u12""#, #""\uD83D""#, #""\uD83Dx""#, #""\uDE00""#, "\"\u{1}\"", "[", "[1", "[1,", "[,1]",
      "[1 2]", "{", #"{"a""#, #"{"a":"#, #"{"a" 1}"#, "{a:1}", "{1:1}", "[]]", "{} {}", "1e999",
    ])
  func refused(_ text: String) {
    #expect(reference(text) == nil, "Foundation reads it")
    #expect(throws: JSONParser.Failure.self) { try JSONDocument(parsing: Array(text.utf8)).value }
  }

  @Test("refuses a comma before an end, which Foundation lets pass", arguments: ["[1,]", #"{"a":1,}"#])
  func trailingComma(_ text: String) {
    #expect(throws: JSONParser.Failure.self) { try JSONDocument(parsing: Array(text.utf8)).value }
  }

  @Test("refuses bytes that are not UTF-8, and says where")
  func notUTF8() {
    #expect(throws: JSONParser.Failure(offset: 2, message: "a string is not UTF-8")) {
      try JSONDocument(parsing: [UInt8(ascii: "["), UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\""), UInt8(ascii: "]")])
        .value
    }
  }

  @Test("bounds the depth, so that no answer can exhaust the stack")
  func deep() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array(repeating: UInt8(ascii: "["), count: levels) + Array(repeating: UInt8(ascii: "]"), count: levels)
    }
    _ = try JSONDocument(parsing: nested(JSONParser.mostDepth)).value
    #expect(throws: JSONParser.Failure.self) { try JSONDocument(parsing: nested(JSONParser.mostDepth + 1)).value }
    #expect(throws: JSONParser.Failure.self) { try JSONDocument(parsing: nested(1_000_000)).value }
    let wide = "[\(Array(repeating: "[[]]", count: 1000).joined(separator: ","))]"
    #expect(try JSONDocument(parsing: Array(wide.utf8)).value == reference(wide))
  }

  @Test("of two members with one name takes the one that Foundation takes")
  func twice() throws {
    let text = #"{"a": 1, "a": 2}"#
    #expect(try JSONDocument(parsing: Array(text.utf8)).value == reference(text))
  }

  @Test("reads no damaged document otherwise than Foundation")
  func damaged() throws {
    let whole = Array(
      #"{"value":[{"id":"/a/b","n":-1.25e2,"on":true,"off":null,"deep":[[1],{"k":"v\u0041\n"}]}],"nextLink":""}"#.utf8)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<1000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0x20...0x7E, using: &random)
        case 1: bytes.remove(at: at)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: at)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if let read = try? JSONDocument(parsing: bytes).value { #expect(read == reference(text), "\(text)") }
    }
  }
}

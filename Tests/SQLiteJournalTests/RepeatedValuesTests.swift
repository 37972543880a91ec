import JSONReading
import Testing

@testable import JournalFormat

@Suite("Values that documents repeat")
struct RepeatedValuesTests {
  @Test("are made once of equal bytes, until there was too much else")
  func repeated() throws {
    var repeated = RepeatedValues<String>()
    var made = 0
    func read(_ text: String) throws -> [String?] {
      try JSONDocument(parsing: Array(text.utf8)).elements.map { element in
        repeated.value(of: element) { element in
          made += 1
          return element.string
        }
      }
    }
    #expect(try read(#"["a", "b", "a"]"#) == ["a", "b", "a"])
    #expect(try read(#"["b", "\u0062"]"#) == ["b", "b"])
    #expect(made == 3, "other bytes are another value")
    #expect(try read("[1, 1]") == [nil, nil])
    #expect(made == 5, "what none can be made of is not kept")
    #expect(try read(#"["null", null, "1", 1]"#) == ["null", nil, "1", nil])
    #expect(made == 9, "quotes are none of the bytes, and make another value")
    _ = try read("[" + (0..<2000).map { "\"\($0)\"" }.joined(separator: ",") + "]")
    made = 0
    #expect(try read(#"["a"]"#) == ["a"])
    #expect(made == 1)
  }
}

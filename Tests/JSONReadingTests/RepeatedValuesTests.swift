import Testing

@testable import JSONReading

@Suite("Values that documents repeat")
struct RepeatedValuesTests {
  @Test("are made once of equal bytes, until there was too much else")
  func repeated() throws {
    let repeated = RepeatedValues()
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
    _ = try read("[" + (0..<2000).map { "\"\($0)\"" }.joined(separator: ",") + "]")
    #expect(try read(#"["a"]"#) == ["a"])
    #expect(made == 2006)
  }

  @Test("are of the type that is asked for, whatever was made of the same bytes before")
  func types() throws {
    let repeated = RepeatedValues()
    let texts = Array(try JSONDocument(parsing: Array(#"["1", 1, "null", null]"#.utf8)).elements)
    for _ in 0..<2 {
      #expect(repeated.value(of: texts[0]) { $0.string } == "1")
      #expect(repeated.value(of: texts[1]) { $0.integer } == 1)
      #expect(repeated.value(of: texts[2]) { $0.string } == "null")
      #expect(repeated.value(of: texts[3]) { $0.string } == nil)
      #expect(!texts[0].isWritten(like: texts[1]) && texts[0].isWritten(like: texts[0]))
    }
  }
}

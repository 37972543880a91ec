import AftercareTesting
import FoundationEssentials
import JournalFormat
import RecoveryCore
import Testing

/// Foundation's encoder is the reference, to the byte: a row that an earlier version has written is not written anew.
@Suite("The encoder of rows")
struct RowEncoderTests {
  private static func reference(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private func expectSame(_ value: some Encodable) throws {
    let ours = String(decoding: try RowEncoder.encode(value), as: UTF8.self)
    let theirs = try RowEncoderTests.reference(value)
    #expect(ours == theirs)
  }

  @Test("writes the journal's values")
  func journal() throws {
    try expectSame(JournalSamples.item())
    try expectSame(JournalSamples.healingItem())
    try expectSame(JournalSamples.heal())
    try expectSame(JournalSamples.sweep())
    for kind in EventKind.allCases { try expectSame(JournalSamples.event(kind)) }
  }

  private struct Shapes: Encodable {
    enum Choice: Encodable { case none, one(String), pair(first: Int?, second: [Choice]) }
    struct Empty: Encodable {}
    var zulu = 1
    var alpha = "Größe \"€\" \\ / \u{0} \u{1F} \u{7F} \u{2028} \n\r\t\u{8}\u{C} \u{1F600}"
    var alphabetical = true
    var alphabet: Int8 = -128
    var unsigned = UInt64.max
    var large = Int64.min
    var float = Float(0.1)
    var numbers = [1.0, -0.0, 0.1, 1e16, 1e-7, 1e300, .leastNonzeroMagnitude, .pi, 123_456_789_012_345_680]
    var absent: String?
    var list: [Int?] = [1, nil, 3]
    var nested: [[String]] = [[], ["a"], []]
    var named = ["": 1, "a b": 2, "a": 3, "a!": 4, "Z": 5, "é": 6, "e\u{301}x": 7, "10": 8, "9": 9, "\u{1F600}": 10]
    var long = ["abcdefgh": 1, "abcdefghi": 2, "abcdefgha": 3, "abcdefg": 4, "abcdefghij": 5]
    var options: [String: Int?] = ["some": 1, "none": nil]
    var numbered = [3: "a", 20: "b", 100: "c"]
    var empty = Empty()
    var empties = [Empty(), Empty()]
    var choices: [Choice] = [.none, .one("a"), .pair(first: nil, second: [.none, .pair(first: 1, second: [])])]
    var nothing: [String: String] = [:]
  }

  @Test("writes whatever Swift's coding system has")
  func shapes() throws {
    try expectSame(Shapes())
    try expectSame([Shapes(), Shapes()])
    try expectSame("alone")
    try expectSame([Int]())
    try expectSame(Int?.none)
  }

  /// As no compiler writes it, but as the coding system allows it.
  private struct ByHand: Encodable {
    enum Key: CodingKey { case a, b, c, d, e, f }
    struct Silent: Encodable { func encode(to encoder: any Encoder) {} }

    func encode(to encoder: any Encoder) throws {
      var first = encoder.container(keyedBy: Key.self)
      try first.encode(1, forKey: .f)
      var list = first.nestedUnkeyedContainer(forKey: .c)
      try list.encode(1)
      try list.encodeNil()
      var inner = list.nestedContainer(keyedBy: Key.self)
      try inner.encode(3, forKey: .b)
      try inner.encode(4, forKey: .a)
      var deeper = list.nestedUnkeyedContainer()
      try deeper.encode(true)
      Silent().encode(to: list.superEncoder())
      try list.encode(list.count)
      try first.encodeNil(forKey: .d)
      _ = first.nestedContainer(keyedBy: Key.self, forKey: .e)
      var again = encoder.container(keyedBy: Key.self)
      try again.encode(Silent(), forKey: .b)
      try [1, 2].encode(to: first.superEncoder())
      try "x".encode(to: again.superEncoder(forKey: .a))
    }
  }

  @Test("writes what is written by hand, one container at a time")
  func byHand() throws { try expectSame([ByHand(), ByHand()]) }

  /// Not `Encodable` itself, or the test runner would name the case by what Foundation makes of it.
  struct Misuse: CustomTestStringConvertible, Sendable {
    struct Value: Encodable {
      let write: @Sendable (any Encoder) throws -> Void
      func encode(to encoder: any Encoder) throws { try write(encoder) }
    }

    enum Key: CodingKey { case a, b }
    let testDescription: String
    let value: Value

    init(_ name: String, _ write: @escaping @Sendable (any Encoder) throws -> Void) {
      testDescription = name
      value = Value(write: write)
    }
  }

  static let misuses = [
    Misuse("goes back to a container that has ended") { encoder in
      var outer = encoder.container(keyedBy: Misuse.Key.self)
      var inner = outer.nestedUnkeyedContainer(forKey: .a)
      try outer.encode(1, forKey: .b)
      try inner.encode(2)
    },
    Misuse("goes back to one in whose place there is another") { encoder in
      var outer = encoder.unkeyedContainer()
      var one = outer.nestedUnkeyedContainer()
      var other = outer.nestedUnkeyedContainer()
      try other.encode(1)
      try one.encode(2)
    },
    Misuse("names a member twice") { encoder in
      var outer = encoder.container(keyedBy: Misuse.Key.self)
      try outer.encode(1, forKey: .a)
      try outer.encode(2, forKey: .a)
    },
    Misuse("is an object and an array") { encoder in
      _ = encoder.container(keyedBy: Misuse.Key.self)
      _ = encoder.unkeyedContainer()
    },
    Misuse("is no number that JSON has") { encoder in try Double.infinity.encode(to: encoder) },
  ]

  @Test("refuses a value that", arguments: misuses)
  func refuses(misuse: Misuse) {
    #expect(throws: EncodingError.self) { try RowEncoder.encode(misuse.value) }
    #expect(throws: EncodingError.self) { try RowEncoder.encode([misuse.value]) }
  }

  @Test("writes any JSON as Foundation does", arguments: 1...40)
  func anything(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<25 {
      let value = RowEncoderTests.value(depth: 4, &random)
      try expectSame(value)
      #expect(try JSONDecoder().decode(JSONValue.self, from: Data(RowEncoder.encode(value))) == value, "seed \(seed)")
    }
  }

  /// A name with an escape in it has a place of its own among the others; the value is the same.
  @Test("writes names that must be escaped")
  func escapedNames() throws {
    let value = JSONValue.object([
      "a\"": .null, "a#": .bool(true), "\n": .integer(1), "": .string(""), "a\\b": .number(0.5),
    ])
    #expect(try JSONDecoder().decode(JSONValue.self, from: Data(RowEncoder.encode(value))) == value)
  }

  private static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0..<64, using: &random))
    case 3: return .number(Double(Int.random(in: 1..<1000, using: &random)) + 0.5)
    case 4, 5: return .string(word(nameOnly: false, &random))
    case 6: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth: depth - 1, &random) })
    default:
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0..<7, using: &random) {
        members[word(nameOnly: true, &random)] = value(depth: depth - 1, &random)
      }
      return .object(members)
    }
  }

  private static func word(nameOnly: Bool, _ random: inout SeededGenerator) -> String {
    let scalars: [Unicode.Scalar] =
      nameOnly ? ["a", "b", " ", "!", "Z", "é", "\u{1F600}"] : ["a", "\"", "\\", "\n", "/", "\u{1}"]
    var word = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<12, using: &random) { word.append(scalars.randomElement(using: &random) ?? "a") }
    return String(word)
  }
}

import AftercareTesting
import Testing

@testable import RecoveryCore

@Suite("A table in parts")
struct PartedTableTests {
  @Test("holds what a dictionary holds, and a copy what it held then", arguments: [1, 2, 3])
  func asDictionary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var (table, dictionary) = (PartedTable<Int, Int>(), [Int: Int]())
    var copies: [(PartedTable<Int, Int>, [Int: Int])] = []
    for _ in 0..<20_000 {
      let (key, value) = (Int.random(in: 0..<1500, using: &random), Int.random(in: 0..<100, using: &random))
      switch Int.random(in: 0..<1000, using: &random) {
      case 0: copies.append((table, dictionary))
      case 1:
        table.removeAll { $0 < 40 }
        dictionary = dictionary.filter { $0.value >= 40 }
      case ..<500:
        table[key] = value
        dictionary[key] = value
      case ..<600:
        table[key] = nil
        dictionary[key] = nil
      default: #expect(table.removeValue(forKey: key) == dictionary.removeValue(forKey: key))
      }
    }
    #expect(copies.count > 5 && dictionary.count > 100)
    for (table, dictionary) in copies + [(table, dictionary)] {
      #expect(table.count == dictionary.count)
      #expect((0..<1500).allSatisfy { table[$0] == dictionary[$0] })
      #expect(table.values.sorted() == dictionary.values.sorted())
      for value in 0..<100 {
        #expect(table.contains { $0 % 7 == 3 && $1 == value } == dictionary.contains { $0 % 7 == 3 && $1 == value })
      }
    }
  }
}

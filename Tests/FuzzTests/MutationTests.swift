import AftercareTesting
import Foundation
import FuzzTargets
import Testing

/// Real-shaped bodies, changed at random for a fixed number of rounds. A finding names the seed that repeats it.
@Suite("A parser of what comes from outside", .timeLimit(.minutes(5)))
struct MutationTests {
  static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz/Corpus")
  static let rounds = 3000

  static func seeds(_ target: FuzzTarget) throws -> [[UInt8]] {
    let folder = corpus.appending(path: target.rawValue)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      Array(try Data(contentsOf: folder.appending(path: $0)))
    }
  }

  @Test("takes its corpus as it is", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) throws {
    let seeds = try Self.seeds(target)
    #expect(!seeds.isEmpty)
    for seed in seeds { #expect(target.check(seed) == nil) }
  }

  @Test("neither traps nor believes too much, whatever is changed", arguments: FuzzTarget.allCases)
  func mutations(target: FuzzTarget) throws {
    let seeds = try Self.seeds(target)
    let seed = UInt64.random(in: 0...999_999_999)
    var random = SeededGenerator(seed: seed)
    let mutator = Mutator()
    for round in 0..<Self.rounds {
      let bytes = mutator.changed(random.pick(seeds), by: &random)
      if let finding = target.check(bytes) {
        Issue.record(
          "\(target), seed \(seed), round \(round): \(finding)\n\(String(decoding: bytes.prefix(4000), as: UTF8.self))")
        return
      }
    }
  }
}

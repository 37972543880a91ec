import Foundation
import Testing

/// The real executable kills itself at a write to the journal or at a request to Azure, and is started again.
///
/// `script/test` tries a fresh random sample, `script/kill-test` every point from the start of the process to its end
/// after the heal. `AFTERCARE_KILL_TEST=journal:7:after` tries that one again.
@Suite("Killed by itself", .timeLimit(.minutes(60)))
struct CrashPointTests {
  struct Point {
    var place: String
    /// A number, or words of the first thing to be cut.
    var which: String
    var moment: String

    var text: String { "\(place):\(which):\(moment)" }
  }

  struct Try {
    var point: Point
    /// What was cut off.
    var killed: String
    var isWell: Bool
  }

  /// The kinds of points; of each, numbers are tried.
  static let kinds = ["journal", "request"].flatMap { place in ["before", "after"].map { (place, $0) } }
  /// How many points of each kind are tried by `script/test`, and of how many first ones.
  static let sample = (count: 3, of: 50)
  /// Polling makes one run a little longer than another: the end is reached when so many in a row were not killed.
  static let survivors = 3

  /// What a heal consists of. Polling shifts what the n-th write or request is, so that one thing may be met twice and
  /// its neighbour never: each of these is cut by its name as well, before and after.
  static let named = [
    "journal": [
      "acquire", "markDelivered", "record", "daemon.started", "baseline.learned", "failover.noticed",
      "failover.completed", "heal.started", "step.started", "step.succeeded", "heal.healed",
    ],
    "request": [
      "GET ", "PATCH ", "DELETE ", "PUT ", "extensions/AzureMonitorWindowsAgent",
      "dataCollectionRuleAssociations/dcr-windows", "/operations/",
    ],
  ]

  @Test("at any point, ends healed with one install an extension, and no event missing or doubled")
  func everyPoint() async throws {
    let wish = ProcessInfo.processInfo.environment["AFTERCARE_KILL_TEST"]
    if let wish, wish != "all" {
      let point = try #require(Self.point(wish), "AFTERCARE_KILL_TEST is all, or such as journal:7:after")
      _ = try await Self.attempt(point)
      return
    }
    let tries = try await withThrowingTaskGroup(of: [Try].self) { group in
      for (place, moment) in Self.kinds {
        group.addTask {
          wish == nil
            ? try await Self.sampled(place, moment)
            : try await Self.all(place, moment) + Self.allNamed(place, moment)
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(!tries.isEmpty, "no point was reached")
    let journal = tries.count { $0.point.place == "journal" }
    let wrong = tries.count { !$0.isWell }
    print(
      "kill test: \(journal) journal points, \(tries.count - journal) request points: "
        + (wrong == 0
          ? "each ended healed, one install an extension, no event missing or doubled" : "\(wrong) did not end well"))
  }

  private static func all(_ place: String, _ moment: String) async throws -> [Try] {
    var tries: [Try] = []
    var (number, missed) = (1, 0)
    while missed < survivors {
      let tried = try await attempt(Point(place: place, which: String(number), moment: moment))
      missed = tried == nil ? missed + 1 : 0
      tries += tried.map { [$0] } ?? []
      number += 1
    }
    return tries
  }

  private static func sampled(_ place: String, _ moment: String) async throws -> [Try] {
    var tries: [Try] = []
    for number in (1...sample.of).shuffled().prefix(sample.count) {
      let point = Point(place: place, which: String(number), moment: moment)
      if let tried = try await attempt(point) { tries.append(tried) }
    }
    return tries
  }

  private static func allNamed(_ place: String, _ moment: String) async throws -> [Try] {
    var tries: [Try] = []
    for words in named[place] ?? [] {
      let tried = try await attempt(Point(place: place, which: words, moment: moment))
      #expect(tried != nil, "nothing was killed \(moment) '\(words)'")
      tries += tried.map { [$0] } ?? []
    }
    return tries
  }

  /// Nil when the process ended before it came to the point.
  private static func attempt(_ point: Point) async throws -> Try? {
    let outcome = try await KilledHeal.live(point.text)
    #expect(
      outcome.wrong.isEmpty,
      "AFTERCARE_KILL_TEST=\(point.text) (\(outcome.killed ?? "not killed")): \(outcome.wrong.joined(separator: "\n"))")
    return outcome.killed.map { Try(point: point, killed: $0, isWell: outcome.wrong.isEmpty) }
  }

  private static func point(_ text: String) -> Point? {
    let parts = text.split(separator: ":").map(String.init)
    guard parts.count == 3 else { return nil }
    return Point(place: parts[0], which: parts[1], moment: parts[2])
  }
}

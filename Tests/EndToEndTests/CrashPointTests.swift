import Foundation
import Testing

/// The real executable kills itself at a write to the journal or at a request to Azure, and is started again.
///
/// `script/test` tries a fresh random sample, `script/kill-test` every point from the start of the process to its end
/// after the heal. `AFTERCARE_KILL_TEST=journal:7:after` tries that one again.
@Suite("Killed by itself", .timeLimit(.minutes(60)))
struct CrashPointTests {
  /// The four kinds of points; a number goes in between.
  static let kinds = [
    ("journal", "before"), ("journal", "after"), ("request", "before"), ("request", "after"),
  ]
  /// How many points of each kind are tried by `script/test`, and of how many first ones.
  static let sample = (count: 3, of: 40)
  /// Polling makes one run a little longer than another: the end is reached when so many in a row were not killed.
  static let survivors = 3

  @Test("at any point, ends healed with one install an extension, and no event missing or doubled")
  func everyPoint() async throws {
    let wish = ProcessInfo.processInfo.environment["AFTERCARE_KILL_TEST"]
    let tried = try await withThrowingTaskGroup(of: [(point: String, killed: String)].self) { group in
      if let wish, wish != "all" {
        group.addTask { try await Self.attempt(wish).map { [(wish, $0)] } ?? [] }
      } else {
        for (place, moment) in Self.kinds {
          group.addTask { try await Self.series(place, moment, isWhole: wish == "all") }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(!tried.isEmpty, "no point was reached")
    let journal = tried.count { $0.point.hasPrefix("journal") }
    print(
      "kill test: \(journal) journal points, \(tried.count - journal) request points: each ended healed, "
        + "one install an extension, no event missing or doubled")
    guard wish == "all" else { return }
    // Polling may shift what the n-th write or request is, but not past what a heal consists of.
    for moment in ["before", "after"] {
      let cut = tried.filter { $0.point.hasSuffix(moment) }.map(\.killed)
      for what in Self.mustBeCut {
        #expect(cut.contains { $0.contains(what) }, "nothing was killed \(moment) '\(what)'")
      }
    }
  }

  static let mustBeCut = [
    "acquire", "markDelivered", "record", "daemon.started", "baseline.learned", "failover.noticed",
    "failover.completed", "heal.started", "step.started", "step.succeeded", "heal.healed", "PATCH ", "DELETE ",
    "PUT ", "GET ",
  ]

  private static func series(
    _ place: String, _ moment: String, isWhole: Bool
  ) async throws -> [(point: String, killed: String)] {
    var tried: [(point: String, killed: String)] = []
    if isWhole {
      var (number, missed) = (1, 0)
      while missed < survivors {
        let point = "\(place):\(number):\(moment)"
        if let killed = try await attempt(point) { tried.append((point, killed)) } else { missed += 1 }
        number += 1
      }
    } else {
      for number in (1...sample.of).shuffled().prefix(sample.count) {
        let point = "\(place):\(number):\(moment)"
        if let killed = try await attempt(point) { tried.append((point, killed)) }
      }
    }
    return tried
  }

  /// What was cut off at the point; nil when the process ended before it came there.
  private static func attempt(_ point: String) async throws -> String? {
    let outcome = try await KilledHeal.live(point)
    #expect(
      outcome.wrong.isEmpty,
      "AFTERCARE_KILL_TEST=\(point) (\(outcome.killed ?? "not killed")): \(outcome.wrong.joined(separator: "\n"))")
    return outcome.killed
  }
}

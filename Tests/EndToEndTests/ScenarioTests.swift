import AftercareApp
import AftercareTesting
import AzureSimulator
import Foundation
import Logging
import RecoveryCore
import Testing
import WatchEngine

/// Every story of config/scenarios, lived through by a real watch over real HTTP, and judged by the simulator's truth.
@Suite("A scenario", .timeLimit(.minutes(10)))
struct ScenarioTests {
  static let folder = Region.root.appending(path: "config/scenarios")
  static let stories = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    .filter { name in
      let text = try? String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
      return text.flatMap { try? Scenario(checking: $0, file: name) }?.expect != nil
    }

  /// So many times as fast as Azure. Periods of the watch are shortened by as much.
  static let speed = 120.0

  @Test("ends as its file says", arguments: stories)
  func endsAsExpected(story: String) async throws {
    try await Region.with(story, speed: Self.speed, waits: true) { region in
      let wrong = try await Self.live(region)
      #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }
  }

  /// Watches until the story is over and its end holds, or its time is up; returns what is not as it must be.
  static func live(_ region: Region) async throws -> [String] {
    guard let expect = region.scenario.expect else { return ["the scenario expects nothing"] }
    let sink = CollectingSink { _ in false }
    let configuration = try ConfigurationFile.parse(
      yaml(region, expect.watch), file: region.configurationFile.path, environment: [:])
    let watch = try await Assembly(configuration: configuration).watch(
      sink: sink, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let last = region.scenario.timeline.map(\.at).max() ?? 0
    let items = try await region.truth().items.count
    return try await withThrowingTaskGroup(of: [String]?.self) { group in
      group.addTask {
        try await watch.run()
        return nil
      }
      group.addTask {
        var wrong = ["it has not been judged"]
        // Two minutes of Azure's time are a second here, and a busy machine may need some to begin.
        while await watch.fleet.all().count < items { try await Task.sleep(for: .milliseconds(20)) }
        region.begin()
        let start = ContinuousClock.now
        let deadline = start + .seconds(max(expect.within * 2, 120))
        // What must never happen might still: the end has to hold for ten more minutes of Azure's time.
        let earliest = start + .seconds((last + 600) / speed)
        while ContinuousClock.now < deadline {
          let told = Set(await sink.events.map(\.kind.rawValue))
          wrong = try await region.azure.verdict(told: told)
          let isMoving = await watch.fleet.all().contains { $0.heal?.status.isRunning ?? false }
          if wrong.isEmpty, !isMoving, ContinuousClock.now >= earliest { return [] }
          try await Task.sleep(for: .milliseconds(100))
        }
        let story = await sink.events.filter { $0.level > .info }.suffix(12)
        return (wrong.isEmpty ? ["a heal never ends"] : wrong)
          + story.map { "\($0.at.iso8601) \($0.itemName ?? "") \($0.kind.rawValue) \($0.fields)" }
      }
      var verdict: [String]?
      while verdict == nil, let next = try await group.next() { verdict = next }
      group.cancelAll()
      while try await group.next() != nil {}
      return verdict ?? ["the watch ended"]
    }
  }

  private static func yaml(_ region: Region, _ rest: String) -> String {
    """
    cloud: simulator
    endpoint: \(region.endpoint)
    identity: {kind: token, token: \(region.scenario.token)}
    state: ./state
    vaults: [\(region.scenario.vaultIDs.map { "\"\($0)\"" }.joined(separator: ", "))]
    watch: {items: 250ms, itemsMoving: 200ms, machineMoving: 200ms, machine: 2s, baseline: 2s, data: 300ms}
    failover: {confirmAfter: 200ms, readyWithin: 20s}
    grace: {suspect: 2s, looks: 3, verify: 15s, data: 10s}
    budget: {reads: 100000, readsPerSecond: 10000, writes: 100000, writesPerSecond: 10000,
      deletes: 100000, deletesPerSecond: 10000}
    heal:
      backOff: {first: 100ms, most: 2s}
      settle: 300ms
      poll: {first: 50ms, most: 200ms}
      passingWithin: 60s

    """ + rest
  }
}

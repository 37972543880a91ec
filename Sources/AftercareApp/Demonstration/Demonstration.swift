import FoundationEssentials
import Logging
public import RecoveryCore
import ServiceLifecycle
import WatchEngine

/// The watch against a simulator, judged by the simulator's truth.
public struct Demonstration: Sendable {
  private let configuration: Configuration
  private let endpoint: String

  public init(configuration: Configuration, endpoint: String) {
    self.configuration = configuration
    self.endpoint = endpoint
  }

  /// Runs the watch until the truth says that every machine is as it must be and nothing is on its way any more, or
  /// until the deadline. Returns the last truth's verdicts.
  public func run(
    within deadline: Duration, expecting minimum: Int, lingering: Bool = false,
    telling tell: @escaping @Sendable (Event) -> Void
  ) async throws -> [TruthVerdict] {
    let assembly = Assembly(configuration: configuration)
    let handler = LineLogHandler(format: .text, level: .error, output: .standardError)
    let logger = Logger(label: "aftercare") { _ in handler }
    let journal = try assembly.journal()
    let watch = try await assembly.watch(on: journal, sink: TellingSink(tell: tell), logger: logger)
    let faces = assembly.faces(of: watch, on: journal, logger: logger)
    let endpoint = endpoint
    return try await withThrowingTaskGroup(of: [TruthVerdict]?.self) { group in
      group.addTask {
        try await watch.run()
        return nil
      }
      for face in faces {
        group.addTask {
          try await face.run()
          return nil
        }
      }
      group.addTask {
        let verdicts = try await Demonstration.judge(endpoint, watch, within: deadline, expecting: minimum)
        if lingering { try? await Task.sleep(for: .seconds(86_400)) }
        return verdicts
      }
      var verdicts: [TruthVerdict]?
      while verdicts == nil, let next = try await group.next() { verdicts = next }
      group.cancelAll()
      while try await group.next() != nil {}
      return verdicts ?? []
    }
  }

  /// Asks the truth once a second until it is good and holds: a machine is done when the watch says so as well, so
  /// that the story that is told is whole.
  private static func judge(
    _ endpoint: String, _ watch: Watch, within deadline: Duration, expecting minimum: Int
  ) async throws -> [TruthVerdict] {
    let end = ContinuousClock.now + deadline
    while true {
      let truth = try await SimulatorTruth.ask(endpoint)
      let items = Dictionary(truth.items.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      let verdicts = truth.machines.filter(\.exists).map { TruthVerdict($0, item: items[$0.item]) }
      let well = verdicts.count { $0.outcome == .well }
      let isGood = well >= minimum && verdicts.allSatisfy { $0.outcome == .well || $0.outcome == .leftAlone }
      let isQuiet = await watch.fleet.all().allSatisfy { !($0.heal?.status.isRunning ?? false) }
      if (isGood && isQuiet) || ContinuousClock.now >= end { return verdicts }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

private struct TellingSink: AlertSink {
  let tell: @Sendable (Event) -> Void

  func deliver(_ events: [RecordedEvent]) async throws { events.forEach { tell($0.event) } }
}

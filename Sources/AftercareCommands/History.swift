import AftercareApp
import ArgumentParser
import RecoveryCore
import Reporting

/// The story of a machine, or of the whole fleet, as it was journalled.
struct History: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what happened: every event, in order, of one machine or of all.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "A machine or item, by name or id; everything when left out.")
  var subject: String?

  @Option(name: .long, help: "How many events at the most.")
  var last = 200

  struct Answer: Encodable {
    var heals: [HealSummary]
    var events: [RecordedEvent]
    /// Every content that the machine's baseline has had; of one machine only.
    var baselines: [PlannedMachine.Known]
  }

  func run() async throws {
    let configuration = try configurationOptions.load()
    let answer = try await failing {
      let journal = try Assembly(configuration: configuration).journalForReading()
      let events = try await journal.events(about: subject, last: last)
      let item = subject == nil ? nil : events.lazy.compactMap(\.event.item).last?.item
      var baselines: [Baseline] = []
      if let item { baselines = try await journal.baselines(of: item, last: 10) }
      return Answer(
        heals: try await journal.heals(about: subject, last: last).map(HealSummary.init), events: events,
        baselines: baselines.map(PlannedMachine.Known.init))
    }
    if output.json { return try output.print(answer) }
    guard let first = answer.events.first else {
      LineOutput.standardOutput.write("nothing is recorded" + (subject.map { " of \($0)" } ?? ""))
      return
    }
    let line = EventLine(start: first.event.at)
    LineOutput.standardOutput.write("from \(first.event.at.iso8601)")
    for recorded in answer.events { LineOutput.standardOutput.write(line.text(recorded.event)) }
    for known in answer.baselines {
      let parts = known.extensions + known.associations + known.endpoints.map { "endpoint of \($0)" }
      LineOutput.standardOutput.write(
        "known since \(known.learned), in \(known.location): identity \(known.identity); \(parts.joined(separator: ", "))"
      )
    }
  }
}

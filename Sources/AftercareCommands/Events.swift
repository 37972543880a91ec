import AftercareApp
import ArgumentParser
import RecoveryCore
import Reporting

/// What is journalled, as it is journalled.
struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell the newest events, and with --follow every further one as it happens.",
    discussion: """
      Read from the journal, so it works whether or not the daemon runs. With --json each event is one line, with the
      keys of docs/events.md and its number as `sequence`; --after goes on behind a number.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: .shortAndLong, help: "Go on until interrupted.")
  var follow = false

  @Option(help: "How many of the newest events to begin with.")
  var last = 20

  @Option(help: "Begin behind the event of this number instead.")
  var after: Int64?

  @Option(help: "Leave out what is less: debug, info, notice, warning or error.")
  var level = Least.info

  enum Least: String, CaseIterable, ExpressibleByArgument {
    case debug, info, notice, warning, error

    var level: Event.Level { Event.Level(rawValue: rawValue) ?? .info }
  }

  func validate() throws {
    guard last >= 0 else { throw ValidationError("--last must not be negative") }
  }

  func run() async throws {
    let configuration = try configurationOptions.load()
    try await failing {
      let journal = try Assembly(configuration: configuration).journalForReading()
      var line: EventLine?
      var number = after ?? 0
      if after == nil {
        // One more than is shown tells where the following begins when none is to be shown.
        for recorded in try await journal.events(about: nil, last: max(1, last)) {
          if last > 0 { try tell(recorded, &line) }
          number = recorded.sequence
        }
      }
      while true {
        let events = try await journal.events(after: number, limit: 500)
        for recorded in events {
          try tell(recorded, &line)
          number = recorded.sequence
        }
        guard events.isEmpty else { continue }
        guard follow else { return }
        try await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  private func tell(_ recorded: RecordedEvent, _ line: inout EventLine?) throws {
    guard recorded.event.level >= level.level else { return }
    if output.json { return try output.printLine(ToldEvent(recorded)) }
    if line == nil {
      line = EventLine(start: recorded.event.at)
      LineOutput.standardOutput.write("from \(recorded.event.at.iso8601)")
    }
    if let words = line?.text(recorded.event) { LineOutput.standardOutput.write(words) }
  }
}

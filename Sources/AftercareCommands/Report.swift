import AftercareApp
import ArgumentParser
import RecoveryCore
import Reporting

/// The morning after.
struct Report: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Give the account of a failover: what moved, what was lost, what was done, and how long logs are missing.",
    discussion: """
      Without --failover it is the newest one; --list shows them all, and the beginning of an id is enough. Exit code 0:
      every machine of it is well. 2: something is left for a person, or still under way.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument { case md, html, json }

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Option(help: "The failover's id, or its beginning.")
  var failover: String?

  @Option(help: "md, html or json.")
  var format = Format.md

  @Flag(help: "List the failovers on record instead, newest last.")
  var list = false

  func run() async throws {
    let configuration = try configurationOptions.load()
    let isWell = try await failing {
      let journal = try Assembly(configuration: configuration).journalForReading()
      let records = try await journal.failovers(last: .max)
      if list {
        show(records)
        return true
      }
      let id = try choose(records).id
      let states = try await journal.load().items
      guard let report = try await FailoverReport(of: id, in: journal, states: states, at: SystemNow.timestamp) else {
        throw Refusal("'\(id)' has just left the history; `aftercare report --list` shows what is there")
      }
      switch format {
      case .md: LineOutput.standardOutput.write(report.markdown)
      case .html: LineOutput.standardOutput.write(report.html)
      case .json: try OutputOptions.print(report)
      }
      return report.isOver
    }
    if !isWell { throw ExitCode(2) }
  }

  private func choose(_ records: [FailoverRecord]) throws -> FailoverRecord {
    guard let newest = records.last else {
      throw Refusal("no failover is on record; `aftercare status` shows what is watched")
    }
    guard let failover else { return newest }
    let meant = records.filter { $0.id.lowercased().hasPrefix(failover.lowercased()) }
    if let exact = meant.first(where: { $0.id == failover }) { return exact }
    guard let one = meant.first, meant.count == 1 else {
      throw Refusal(
        meant.isEmpty
          ? "no failover is called '\(failover)'; `aftercare report --list` shows those on record"
          : "'\(failover)' may be \(meant.map(\.id).joined(separator: " or ")); give more of it")
    }
    return one
  }

  private func show(_ records: [FailoverRecord]) {
    var table = Table("FAILOVER", "VAULT", "BEGAN", "MACHINES")
    for record in records {
      table.add(record.id, record.vault?.name ?? "-", Moment(record.began).minute, "\(record.items)")
    }
    table.lines.forEach { LineOutput.standardOutput.write($0) }
    if records.isEmpty { LineOutput.standardOutput.write("none is on record") }
  }
}

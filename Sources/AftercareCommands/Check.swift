import AftercareApp
import ArgumentParser
import Foundation
import RecoveryCore

/// The configuration, and then whether all is ready for a failover tonight.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the configuration, then whether a failover tonight would be healed. Changes nothing.",
    discussion: """
      The configuration is checked first, all problems at once. Then: the state directory, the identity and its
      permissions on both sides, vaults and items, extension versions in the recovery region, data collection rules and
      endpoints, Key Vaults, recovery plans, the clock. Last, what would be lost of each item if it failed over now.

      Exit code 0: everything passed, perhaps with warnings. 2: something failed. 78: the configuration is wrong.
      1: the check could not be carried out.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  /// Rows of the readiness table; `--json` has them all.
  private static let mostRows = 40

  func run() async throws {
    let loaded: Configuration
    do {
      loaded = try ConfigurationFile.load(
        path: configurationOptions.config, environment: ProcessInfo.processInfo.environment)
    } catch let error as ConfigurationError {
      if output.json {
        try output.print(PreflightReport(error))
      } else {
        for problem in error.problems { LineOutput.standardError.write("\(problem)") }
      }
      throw ExitCode(78)
    }
    let report = try await failing {
      try await Preflight(configuration: loaded, file: configurationOptions.config).run { looked in
        guard Terminal.isInteractive, !output.json else { return }
        LineOutput.standardError.write("looked at \(looked) machines")
      }
    }
    if output.json {
      try output.print(report)
    } else {
      report.checks.forEach { LineOutput.standardOutput.write(Check.line($0)) }
      if let readiness = report.readiness { show(readiness) }
    }
    if report.outcome == .fail { throw ExitCode(2) }
  }

  private static let widest = CheckResult.Kind.allCases.map(\.rawValue.count).max() ?? 0

  private static func line(_ result: CheckResult) -> String {
    let colour: Terminal.Colour =
      switch result.outcome {
      case .pass: .green
      case .warn: .yellow
      case .fail: .red
      }
    let name = result.check.rawValue
    let pad = String(repeating: " ", count: max(0, widest - name.count))
    let remedy = result.remedy.map { ". Remedy: \($0)" } ?? ""
    let outcome = Terminal.paint(result.outcome.rawValue, colour)
    return "\(outcome)  \(name)\(pad)  \(result.subject): \(result.found)\(remedy)"
  }

  private func show(_ readiness: PreflightReport.Readiness) {
    let write = LineOutput.standardOutput.write
    if !readiness.machines.isEmpty {
      var table = Table("ITEM", "TO", "COMES BACK", "WOULD BE LOST")
      for row in readiness.machines.prefix(Check.mostRows) {
        // An extension's publisher would fill the line.
        let parts = row.lost.map { String($0.part.split(separator: ".").last ?? "") }
        table.add(row.item, row.region, "\(row.returning) of \(row.parts)", parts.joined(separator: ", "))
      }
      write("")
      table.lines.forEach(write)
      let more = readiness.machines.count - Check.mostRows
      if more > 0 { write("… and \(more) more; --json has them all") }
    }
    write(
      "\nif everything failed over now: \(readiness.ready) of \(readiness.items) items would come back whole, "
        + "\(readiness.returning) of \(readiness.parts) parts")
  }
}

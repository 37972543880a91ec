import AftercareApp
import ArgumentParser
import RecoveryCore

/// One look that changes nothing.
struct Plan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look once and say what would be done, and why. Changes nothing.",
    discussion: "Exit code 0: nothing to heal. 2: there is something to heal, or to look at.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "Only these machines or items, by name or id.")
  var only: [String] = []

  func run() async throws {
    let configuration = try configurationOptions.load()
    let machines = try await failing {
      try await PlanSurvey(configuration: configuration).machines(only: only) { looked in
        guard Terminal.isInteractive, !output.json else { return }
        LineOutput.standardError.write("looked at \(looked) items")
      }
    }
    if output.json {
      try output.print(PlanReport(machines: machines))
    } else {
      show(machines)
    }
    if machines.contains(where: { $0.decision == .heal || $0.decision == .alert }) { throw ExitCode(2) }
  }

  private func show(_ machines: [PlannedMachine]) {
    var table = Table("ITEM", "LIVE MACHINE IN", "STATE", "DECISION", "REASON", "BROKEN")
    for machine in machines {
      let broken = machine.legs.filter { $0.finding != .healthy }.map { "\($0.leg) \($0.finding.rawValue)" }
      table.add(
        machine.item, machine.location, machine.protectionState, machine.decision.rawValue, machine.reason.rawValue,
        broken.isEmpty ? "-" : broken.joined(separator: ", "))
    }
    table.lines.forEach(LineOutput.standardOutput.write)
    for machine in machines where !machine.steps.isEmpty {
      LineOutput.standardOutput.write("\n\(machine.item):")
      for step in machine.steps { LineOutput.standardOutput.write("  \(step.ordinal). \(step.title)") }
    }
    for machine in machines {
      if let fault = machine.fault { LineOutput.standardOutput.write("\n\(machine.item): \(fault). \(fault.remedy)") }
    }
  }
}

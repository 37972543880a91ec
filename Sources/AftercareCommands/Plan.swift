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
    let survey = PlanSurvey(configuration: configuration)
    let machines = try await failing {
      try await survey.machines(only: only) { looked in
        guard Terminal.isInteractive, !output.json else { return }
        LineOutput.standardError.write("looked at \(looked) items")
      }
    }
    let report = PlanReport(machines: machines, lints: try await failing { try await survey.lints() })
    if output.json {
      try output.print(report)
    } else {
      show(machines)
      for advice in report.recoveryPlans {
        let place = advice.action.map { "\(advice.plan), action \($0)" } ?? advice.plan
        LineOutput.standardOutput.write("\nrecovery plan \(place): \(advice.rule.rawValue). \(advice.remedy)")
      }
    }
    if machines.contains(where: { $0.decision == .heal || $0.decision == .alert }) { throw ExitCode(2) }
  }

  private func show(_ machines: [PlannedMachine]) {
    let write = LineOutput.standardOutput.write
    var table = Table("ITEM", "LIVE MACHINE IN", "STATE", "DECISION", "REASON", "KNOWN", "BROKEN", "WOULD BE LOST")
    for machine in machines {
      let broken = machine.legs.filter { $0.finding != .healthy }.map { "\($0.leg) \($0.finding.rawValue)" }
      let lost = machine.lost.filter(\.wantsPerson).map(\.part)
      table.add(
        machine.item, machine.location, machine.protectionState, machine.decision.rawValue, machine.reason.rawValue,
        knowledge(of: machine), broken.isEmpty ? "-" : broken.joined(separator: ", "),
        lost.isEmpty ? "-" : lost.joined(separator: ", "))
    }
    table.lines.forEach(write)
    for machine in machines where !machine.steps.isEmpty {
      write("\n\(machine.item):")
      for step in machine.steps {
        let origin = step.origin.map { "  (from \($0))" } ?? ""
        write("  \(step.ordinal). \(step.title)\(origin)\(step.obstacle.map { "  cannot: \($0)" } ?? "")")
      }
    }
    for machine in machines where !machine.lost.isEmpty {
      write("\n\(machine.item) does not get back by itself:")
      for loss in machine.lost { write("  \(loss.part): \(loss.reason). \(loss.remedy)") }
    }
    for machine in machines {
      if let fault = machine.fault { write("\n\(machine.item): \(fault). \(fault.remedy)") }
    }
  }

  /// What a failover of the machine could be healed from.
  private func knowledge(of machine: PlannedMachine) -> String {
    let profiles = machine.sources.filter { $0 != "baseline" }
    let parts = machine.known.map { ["baseline of \($0.parts) parts"] } ?? []
    let all = parts + profiles.map { "profile \($0)" }
    return all.isEmpty ? "nothing" : all.joined(separator: " + ")
  }
}

import AftercareApp
import ArgumentParser
import RecoveryCore
import Reporting

/// The fleet at a glance, read from the journal.
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the fleet at a glance: what is watched, healing, parked, and what the watch costs.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let configuration = try configurationOptions.load()
    let report = try await failing { try await StatusReport(configuration: configuration) }
    if output.json { return try output.print(report) }
    let write = LineOutput.standardOutput.write
    write("\(report.items) items: \(report.counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", "))")
    if let pause = report.brakes.pause {
      write("PAUSED since \(pause.since.iso8601): \(pause.reason). Run `aftercare resume`.")
    }
    if let trip = report.brakes.trip {
      write(
        "BRAKED since \(trip.since.iso8601): \(trip.parked) of the last \(trip.ended) heals were parked; tried again at "
          + "\(trip.until.iso8601), or after `aftercare resume`.")
    }
    for alert in report.alerts {
      let machines = alert.machines.isEmpty ? "" : ": \(Alert.words(alert.machines))"
      write(
        Terminal.paint(
          "ALERT \(alert.alert) \(alert.subject) since \(alert.since)\(machines)\(alert.cause.map { ": \($0)" } ?? "")",
          alert.level >= .error ? .red : alert.level == .warning ? .yellow : .cyan))
      write("  \(alert.remedy)")
    }
    var vaults = Table(
      "VAULT", "ITEMS", "MOVING", "LAST SWEEP", "REQUESTS", "PAGES", "INSTANCE VIEWS", "ITEMS READ", "ASSOCIATIONS",
      "JOBS")
    for sweep in report.sweeps {
      vaults.add(
        sweep.vault.name, "\(sweep.items)", "\(sweep.moving)", "\((SystemNow.timestamp - sweep.ended).brief) ago",
        "\(sweep.requests)",
        "\(sweep.pages)", "\(sweep.instanceViews)", "\(sweep.itemReads)", "\(sweep.associationLists)",
        "\(sweep.jobLists)")
    }
    write("")
    vaults.lines.forEach(write)
    var budgets = Table("SUBSCRIPTION", "REQUESTS", "LEFT", "OF", "PUT OFF", "SHUT FOR")
    for budget in report.sweeps.latestBudgets {
      budgets.add(
        budget.subscription, budget.kind, "\(budget.left)", "\(budget.of)", "\(budget.putOff)",
        budget.shutForSeconds.map { "\($0) s" } ?? "-")
    }
    if !budgets.isEmpty {
      write("")
      budgets.lines.forEach(write)
    }
    writeInstances(of: report)
    for sweep in report.sweeps {
      if let fault = sweep.fault { write("\(sweep.vault.name): \(fault). \(fault.remedy)") }
    }
    var machines = Table("ITEM", "IN", "STATE", "REASON", "HEAL", "STEP")
    // Who is healed and well is among the counts.
    for item in report.machines where item.condition != .healed || item.heal == "running" {
      machines.add(item.item, item.location, item.protectionState, item.reason, item.heal, item.step)
    }
    guard !machines.isEmpty else { return }
    write("")
    machines.lines.forEach(write)
  }

  private func writeInstances(of report: StatusReport) {
    guard let instances = report.instances else { return }
    let write = LineOutput.standardOutput.write
    var table = Table("INSTANCE", "HOST", "VERSION", "HEARD OF", "VAULTS", "HEALS")
    for instance in instances where instance.isAlive || !instance.vaults.isEmpty {
      table.add(
        instance.instance, instance.host, instance.version,
        instance.isAlive
          ? "\(instance.silentForSeconds) s ago\(instance.isBlind ? ", CANNOT READ AZURE" : "")"
          : "SILENT for \(instance.silentForSeconds) s",
        instance.vaults.isEmpty ? "-" : instance.vaults.map(\.vault).joined(separator: ", "),
        instance.heals.isEmpty ? "-" : Status.words(instance.heals))
    }
    write("")
    table.lines.forEach(write)
    if let unheld = report.unheld, !unheld.isEmpty {
      write(
        "NOBODY looks after \(unheld.joined(separator: ", ")): it is taken up within seconds, if an instance lives.")
    }
  }

  /// The first few, and how many more.
  private static func words(_ names: [String]) -> String {
    let most = 5
    return names.prefix(most).joined(separator: ", ") + (names.count > most ? " and \(names.count - most) more" : "")
  }
}

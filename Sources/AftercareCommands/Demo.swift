import AftercareApp
import ArgumentParser
import AzureSimulator
import FoundationEssentials
import RecoveryCore

/// The main job, on the embedded simulator.
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch two regions fail over and come back, on an embedded simulator. Needs no Azure.",
    discussion: """
      The simulator runs behind a real HTTP server on loopback, sixty times as fast as Azure. At the end its own
      truth is asked about every leg of every machine; the exit code is 0 only when all is as it must be.
      """)

  @OptionGroup var output: OutputOptions

  @Option(help: "Give up after so many seconds.")
  var seconds = 240

  @Option(
    help: "Keep the journal in this new directory, with a demo.yaml for `aftercare report`, `history` and the like.")
  var keep: String?

  @Option(help: "The port of the status page.")
  var port = 8411

  @Flag(help: "At the end, keep the status page until interrupted.")
  var linger = false

  struct Answer: Encodable {
    var machine: String
    var role: String
    var outcome: String
    var wrong: [String]
  }

  func run() async throws {
    let demo = EmbeddedDemo(seconds: seconds, isQuiet: output.json, keep: keep, port: port, lingers: linger)
    let verdicts = try await failing { try await demo.run() }
    if output.json {
      try output.print(
        verdicts.map {
          Answer(machine: $0.machine.name, role: $0.machine.role, outcome: $0.outcome.rawValue, wrong: $0.wrong)
        })
    } else {
      show(verdicts)
    }
    let isGood =
      verdicts.count { $0.outcome == .well } >= EmbeddedDemo.expected
      && verdicts.allSatisfy { $0.outcome == .well || $0.outcome == .leftAlone }
    if !isGood { throw ExitCode(2) }
  }

  /// The table at the end.
  private func show(_ verdicts: [TruthVerdict]) {
    let write = LineOutput.standardOutput.write
    var table = Table("MACHINE", "OS", "ROLE", "ITEM STATE", "EXTENSIONS", "RULES", "DATA", "THE SIMULATOR'S TRUTH")
    for verdict in verdicts where verdict.machine.role != "former" {
      let machine = verdict.machine
      let words = verdict.outcome == .leftAlone ? "left alone" : verdict.outcome.rawValue
      table.add(
        machine.name, machine.os, machine.role, verdict.item?.protectionState ?? "-", "\(machine.extensions.count)",
        "\(machine.associations.count)", machine.sendingSince == nil ? "no" : "yes",
        verdict.wrong.isEmpty ? words : "\(words): \(verdict.wrong.joined(separator: ", "))")
    }
    write("")
    for (index, line) in table.lines.enumerated() {
      let isBad = line.contains("broken") || line.contains("touched")
      write(Terminal.paint(line, index == 0 ? .bold : isBad ? .red : nil))
    }
    let well = verdicts.count { $0.outcome == .well }
    let bad = verdicts.filter { $0.outcome == .broken || $0.outcome == .touched }
    let alone = verdicts.filter { $0.outcome == .leftAlone }
    let former = alone.count { $0.machine.role == "former" }
    write("")
    write(
      "\(well) machines failed over and are well, \(alone.count - former) were left alone, as were the \(former) that "
        + "failovers left behind; \(bad.count) are not as they must be.")
  }
}

import AftercareApp
import ArgumentParser
import RecoveryCore
import WatchEngine

/// The runbook's job, for one machine.
struct Heal: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Heal one machine now, with its progress.",
    discussion: """
      What is broken on the machine is healed whether or not a failover explains it. The machine must be the live
      machine of a protected item in the configured vaults. Exit code 0 only when every leg was verified; 2 when not.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "The machine's ARM id.")
  var machine: String

  @Option(help: "Give up waiting after so many minutes; the heal stays in the journal.")
  var minutes = 120

  struct Answer: Encodable {
    var machine: String
    var result: String
    var reason: String?
    var heal: String?
    var steps: [String: String]?

    mutating func take(_ ended: RecoveryCore.Heal) {
      result = ended.status.word
      heal = ended.id
      steps = Dictionary(ended.steps.map { ($0.title, $0.state.rawValue) }, uniquingKeysWith: { $1 })
    }
  }

  func validate() throws {
    guard let id = ResourceID(machine), id.isVirtualMachine else {
      throw ValidationError(
        "'\(machine)' is not the ARM id of a virtual machine (/subscriptions/…/providers/Microsoft.Compute/virtualMachines/NAME)"
      )
    }
    guard minutes > 0 else { throw ValidationError("--minutes must be positive") }
  }

  func run() async throws {
    let configuration = try configurationOptions.load()
    guard let id = ResourceID(machine) else { return }
    let start = SystemNow.timestamp
    let line = EventLine(start: start)
    let isJSON = output.json
    let result = try await failing {
      try await Daemon(configuration: configuration).heal(id, within: .seconds(minutes * 60)) { recorded in
        if !isJSON, recorded.event.level > .debug { LineOutput.standardOutput.write(line.text(recorded.event)) }
      }
    }
    var answer = Answer(machine: machine, result: "", reason: nil, heal: nil, steps: nil)
    switch result {
    case .healed(let heal): answer.take(heal)
    case .unverified(let heal, let why):
      answer.take(heal)
      answer.reason = why
    case .alreadyWell: answer.result = "alreadyWell"
    case .parked(let why): (answer.result, answer.reason) = ("parked", why)
    case .unfinished(let reason): (answer.result, answer.reason) = ("unfinished", reason.rawValue)
    case .notLive(let why): (answer.result, answer.reason) = ("notLive", why)
    }
    if isJSON {
      try output.print(answer)
    } else {
      LineOutput.standardOutput.write("\(answer.result)" + (answer.reason.map { ": \($0)" } ?? ""))
    }
    if answer.result != "healed" && answer.result != "alreadyWell" { throw ExitCode(2) }
  }
}

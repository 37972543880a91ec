import AftercareApp
import ArgumentParser

/// The command line: a file a verb.
struct AftercareRoot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "aftercare",
    abstract: "Brings agents, extensions and data collection rules back after an Azure Site Recovery failover.",
    discussion: """
      Site Recovery does not carry VM extensions over: after a failover the Azure Monitor Agent is gone or
      unresponsive, its data collection rules are no longer associated, and logs stop silently. Aftercare watches
      the protected items of Recovery Services vaults, sees that a failover is complete, removes and installs what
      is broken, associates the rules again, verifies, and says so in the log.

      Without Azure:  aftercare demo
      With Azure:     aftercare check, then aftercare plan, then aftercare run

      Exit codes: 0 done · 1 something failed, and stderr says what · 2 not everything is well (check:
      something failed; plan: there is something to heal; heal: not verified; demo: the simulator disagrees) · 64 wrong usage · 78 wrong configuration
      """,
    version: Version.text,
    subcommands: [
      Demo.self, Run.self, Plan.self, Heal.self, Check.self, Status.self, History.self, Approve.self, Pause.self,
      Resume.self, Retry.self, Events.self, Report.self, State.self, Simulate.self,
    ])
}

/// The one entry of the executable, and its end.
public enum AftercareCommand {
  public static func run() async -> Never {
    do {
      var command = try await AftercareRoot.asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      endProcess(ExitCode.success.rawValue)
    } catch {
      let code = AftercareRoot.exitCode(for: error)
      let words = AftercareRoot.fullMessage(for: error)
      if !words.isEmpty { (code.isSuccess ? LineOutput.standardOutput : .standardError).write(words) }
      endProcess(code.rawValue)
    }
  }
}

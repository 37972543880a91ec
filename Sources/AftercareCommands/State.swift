import AftercareApp
import ArgumentParser

/// The journal as a file: backup and restore.
struct State: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Back the journal up, and restore it.", subcommands: [StateBackup.self, StateRestore.self])
}

struct StateBackup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Write the journal as it is now into one file, while the daemon runs or when it does not.",
    discussion: "The file is for its owner alone: it names machines and what they run.")

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Flag(help: "Replace the file when it is there already.")
  var force = false

  @Argument(help: "The file to write.")
  var file: String

  func run() async throws {
    let configuration = try configurationOptions.load()
    let words = try await failing {
      try StateCopies(configuration: configuration).backUp(to: file, overwriting: force)
    }
    LineOutput.standardOutput.write(words)
  }
}

struct StateRestore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a backup in the place of the journal, while no daemon runs.",
    discussion: """
      The backup is checked first. The journal that it replaces is kept beside it, under a name with the time. What
      happened since the backup is learnt anew from Azure at the next start of `aftercare run`.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Flag(help: "Replace the journal that is there.")
  var force = false

  @Argument(help: "A file that `aftercare state backup` has written.")
  var file: String

  func run() async throws {
    let configuration = try configurationOptions.load()
    let words = try await failing {
      try StateCopies(configuration: configuration).restore(from: file, overwriting: force)
    }
    LineOutput.standardOutput.write(words)
  }
}

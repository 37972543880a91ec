import AftercareApp
import ArgumentParser

/// The whole journal: backup and restore of its file, and the way between a file and a database.
struct State: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Back the journal up, restore it, and move it into a database or back.",
    subcommands: [StateBackup.self, StateRestore.self, StateCopy.self])
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

struct StateCopy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copy the whole state from the state directory into the database, or back, while no daemon runs.",
    discussion: """
      Everything goes along: items, heals, baselines, the story with its numbers, what each sink was told, brakes, alerts \
      and orders. The target must be empty, and has all of it afterwards or nothing. The source is not changed.

      Without --from and --to it goes from the configuration's state: into its journal:, with --back the other way. A \
      place is a directory, or the URL of a database (postgresql://…). Password, token and secret are those beside the \
      URL in the configuration; for another URL only what that itself says.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Option(help: "Where the state is: a directory, or a database's URL.")
  var from: String?

  @Option(help: "Where it is to be: a directory, or a database's URL.")
  var to: String?

  @Flag(help: "From the configured database into the configured directory.")
  var back = false

  func run() async throws {
    let configuration = try configurationOptions.load()
    let words = try await failing {
      try await StateCopies(configuration: configuration).copy(from: from, to: to, isBack: back)
    }
    LineOutput.standardOutput.write(words)
  }
}

import AftercareApp
import ArgumentParser

/// The daemon.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch the vaults and heal, unattended.",
    discussion: """
      Everything is said in the log on standard output, one line an event. SIGTERM and SIGINT end it within two
      seconds, or five where the journal does not answer; whatever is under way is in the journal and goes on at the
      next start. SIGHUP reads the configuration again: all of it, or nothing when anything in it is wrong.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Flag(name: .long, help: "Log JSON, whatever the configuration says.")
  var json = false

  func run() async throws {
    var configuration = try configurationOptions.load()
    if json { configuration.logging.format = .json }
    let (options, json) = (configurationOptions, json)
    let daemon = Daemon(configuration: configuration) {
      var configuration = try options.read()
      if json { configuration.logging.format = .json }
      return configuration
    }
    try await failing { try await daemon.run() }
  }
}

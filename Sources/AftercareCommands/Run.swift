import AftercareApp
import ArgumentParser

/// The daemon.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch the vaults and heal, unattended.",
    discussion: """
      Everything is said in the log on standard output, one line an event. SIGTERM and SIGINT end it within two
      seconds; whatever is under way is in the journal and goes on at the next start.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Flag(name: .long, help: "Log JSON, whatever the configuration says.")
  var json = false

  func run() async throws {
    var configuration = try configurationOptions.load()
    if json { configuration.logging.format = .json }
    let daemon = Daemon(configuration: configuration)
    try await failing { try await daemon.run() }
  }
}

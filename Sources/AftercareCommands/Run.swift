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

  func run() async throws {
    let configuration = try configurationOptions.load()
    try await failing { try await Daemon(configuration: configuration).run() }
  }
}

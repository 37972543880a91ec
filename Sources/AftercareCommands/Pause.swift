import ArgumentParser
import RecoveryCore

/// Stops heals until a person says otherwise.
struct Pause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start no heal, and take nothing further apart, until `aftercare resume`.")

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Option(help: "Why; it is shown wherever a heal is held.")
  var reason: String

  func run() async throws { try await Ordering(configurationOptions).give(.pause(reason: reason)) }
}

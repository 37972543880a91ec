import ArgumentParser
import RecoveryCore

/// Releases the brakes.
struct Resume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Release a pause, and the brake of the failure rate.")

  @OptionGroup var configurationOptions: ConfigurationOptions

  func run() async throws { try await Ordering(configurationOptions).give(.resume) }
}

import ArgumentParser
import RecoveryCore

/// Takes a parked heal up anew.
struct Retry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Try the heal of a parked machine again, now that what stopped it is mended.")

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Argument(help: "An item or machine, by name or id.")
  var subject: String

  func run() async throws { try await Ordering(configurationOptions).give(.retry(subject)) }
}

import ArgumentParser
import RecoveryCore

/// Lets held heals start.
struct Approve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let the heals start that wait for approval (mode: approve).")

  @OptionGroup var configurationOptions: ConfigurationOptions

  @Argument(help: "An item or machine, by name or id.")
  var subject: String?

  @Flag(help: "Everything that waits now.")
  var all = false

  func validate() throws {
    guard (subject == nil) == all else { throw ValidationError("Name an item or machine, or say --all.") }
  }

  func run() async throws { try await Ordering(configurationOptions).give(.approve(subject)) }
}

import AftercareApp
import ArgumentParser
import Foundation

/// The configuration, checked without asking Azure anything.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the configuration: all problems at once, with file, line and what was meant.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  struct Answer: Encodable {
    var problems: [String]
    var warnings: [String]
    var vaults: Int
    var profiles: Int
  }

  func run() async throws {
    if output.json {
      let answer: Answer
      do {
        let configuration = try ConfigurationFile.load(
          path: configurationOptions.config, environment: ProcessInfo.processInfo.environment)
        answer = Answer(
          problems: [], warnings: configuration.warnings.map { "\($0)" }, vaults: configuration.vaults.count,
          profiles: configuration.profiles.count)
      } catch let error as ConfigurationError {
        answer = Answer(problems: error.problems.map { "\($0)" }, warnings: [], vaults: 0, profiles: 0)
      }
      try output.print(answer)
      if !answer.problems.isEmpty { throw ExitCode(78) }
      return
    }
    let configuration = try configurationOptions.load()
    LineOutput.standardOutput.write(
      "\(configurationOptions.config): \(configuration.vaults.count) vaults, \(configuration.profiles.count) profiles, no problems"
    )
  }
}

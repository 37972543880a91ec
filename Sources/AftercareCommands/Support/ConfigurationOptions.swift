import AftercareApp
import ArgumentParser
import Foundation

/// `--config`, for every command that has one.
struct ConfigurationOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The configuration file.")
  var config = "/etc/aftercare/aftercare.yaml"

  /// The configuration, with its warnings said on stderr. All problems are printed at once; exit code 78.
  func load() throws -> Configuration {
    do {
      let loaded = try read()
      for warning in loaded.warnings { LineOutput.standardError.write("warning: \(warning)") }
      return loaded
    } catch let error as ConfigurationError {
      for problem in error.problems { LineOutput.standardError.write("\(problem)") }
      throw ExitCode(78)
    }
  }
}

extension ConfigurationOptions {
  func read() throws -> Configuration {
    try ConfigurationFile.load(path: config, environment: ProcessInfo.processInfo.environment)
  }
}

/// `--json`, for every command that shows something.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print JSON instead of text for people.")
  var json = false

  func print(_ value: some Encodable) throws { try OutputOptions.print(value) }

  static func print(_ value: some Encodable) throws {
    try write(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
  }

  /// One value of many, on one line.
  func printLine(_ value: some Encodable) throws {
    try OutputOptions.write(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  private static func write(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    LineOutput.standardOutput.write(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

/// What was asked for cannot be done: why, and what to do.
struct Refusal: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// An error for people: what, and what to do. Exit code 1.
func failing<T>(_ body: () async throws -> T) async throws -> T {
  do {
    return try await body()
  } catch let code as ExitCode {
    throw code
  } catch {
    LineOutput.standardError.write("aftercare: \(error)")
    throw ExitCode(1)
  }
}

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
      let loaded = try ConfigurationFile.load(path: config, environment: ProcessInfo.processInfo.environment)
      for warning in loaded.warnings { LineOutput.standardError.write("warning: \(warning)") }
      return loaded
    } catch let error as ConfigurationError {
      for problem in error.problems { LineOutput.standardError.write("\(problem)") }
      throw ExitCode(78)
    }
  }
}

/// `--json`, for every command that shows something.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print JSON instead of text for people.")
  var json = false

  func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    LineOutput.standardOutput.write(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
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

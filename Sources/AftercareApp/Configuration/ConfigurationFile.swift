import Foundation
import RecoveryCore
import Yams

/// The configuration file, read strictly: all that is wrong is said at once.
public enum ConfigurationFile {
  private static let mostBytes = 1 << 20

  public static func load(
    path: String, environment: [String: String]
  ) throws -> Configuration {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      let kind = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
      throw problem(
        path,
        kind == nil
          ? "there is no such file; name it with --config (an example is config/aftercare.yaml)"
          : kind == .typeDirectory
            ? "this is a directory, not a file" : "the file cannot be read: check its permissions")
    }
    guard data.count <= mostBytes else { throw problem(path, "the file is larger than 1 MiB") }
    guard let text = String(bytes: data, encoding: .utf8) else { throw problem(path, "the file is not UTF-8 text") }
    let variables = EnvironmentFile(besideConfiguration: path)
    // What a process is given by its caller counts more.
    let known = variables.values.merging(environment) { _, given in given }
    var configuration: Configuration
    do {
      configuration = try parse(text, file: path, environment: known)
    } catch let error as ConfigurationError {
      throw ConfigurationError(problems: variables.problems + error.problems)
    }
    guard variables.problems.isEmpty else { throw ConfigurationError(problems: variables.problems) }
    configuration.warnings += variables.warnings
    for (name, value) in variables.values { configuration.said["environment.\(name)"] = value }
    return configuration
  }

  public static func parse(
    _ text: String, file: String, environment: [String: String] = [:]
  ) throws -> Configuration {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw ConfigurationError(problems: [syntax(error, file)])
    }
    guard let root else { throw problem(file, "the file is empty; config/aftercare.yaml is an example") }
    let reader = ConfigurationReader(file: file, environment: environment)
    var configuration = reader.configuration(root)
    configuration.environment = environment
    configuration.said = ConfigurationChanges.flattened(root)
    guard reader.problems.isEmpty else {
      throw ConfigurationError(problems: reader.problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }
    return configuration
  }

  private static func problem(_ file: String, _ message: String) -> ConfigurationError {
    ConfigurationError(problems: [
      ConfigurationProblem(file: file, line: 1, column: 1, path: "", message: message)
    ])
  }

  private static func syntax(_ error: YamlError, _ file: String) -> ConfigurationProblem {
    switch error {
    case .scanner(_, let words, let mark, _), .parser(_, let words, let mark, _), .composer(_, let words, let mark, _):
      ConfigurationProblem(file: file, line: mark.line, column: mark.column, path: "", message: "not YAML: \(words)")
    default: ConfigurationProblem(file: file, line: 1, column: 1, path: "", message: "not YAML: \(error)")
    }
  }
}

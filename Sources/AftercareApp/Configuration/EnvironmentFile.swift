import Foundation

/// Variables kept beside the configuration: `aftercare.env` for `aftercare.yaml`. What systemd or a shell gives to one
/// process no other command has, and no reload changes; this file is read by each of them.
///
/// One `NAME=VALUE` a line, as systemd's `EnvironmentFile=` has it: blank lines and lines that begin with `#` or `;` say
/// nothing, and a pair of quotes around a value is no part of it.
struct EnvironmentFile {
  private static let mostBytes = 1 << 20

  let path: String
  private(set) var values: [String: String] = [:]
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var warnings: [String] = []

  static func path(besideConfiguration configuration: String) -> String {
    URL(filePath: configuration).deletingPathExtension().appendingPathExtension("env").relativePath
  }

  /// The variables for a configuration; none where there is no such file.
  init(besideConfiguration configuration: String) {
    path = Self.path(besideConfiguration: configuration)
    read()
  }

  private mutating func read() {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      return report(1, "the file cannot be read: it must be a file, with permissions as those of the configuration")
    }
    guard data.count <= Self.mostBytes else { return report(1, "the file is larger than 1 MiB") }
    guard let text = String(bytes: data, encoding: .utf8) else { return report(1, "the file is not UTF-8 text") }
    if let mode = attributes[.posixPermissions] as? NSNumber, mode.intValue & 0o007 != 0 {
      warnings.append("\(path) is open to everybody on this machine: chmod o= \(path)")
    }
    read(text)
  }

  private mutating func read(_ text: String) {
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = raw.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts[0].trimmingCharacters(in: .whitespaces)
      guard parts.count == 2, isName(name) else {
        // What stands there may be a secret, so it is not repeated.
        report(index + 1, "expected NAME=VALUE, the name of letters, digits and _")
        continue
      }
      if values.updateValue(unquoted(parts[1]), forKey: name) != nil {
        report(index + 1, "\(name) stands twice")
      }
    }
  }

  private func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !first.isDigit else { return false }
    return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == 0x5F }
  }

  private func unquoted(_ value: Substring) -> String {
    let value = value.trimmingCharacters(in: .whitespaces)
    guard value.count >= 2, let quote = value.first, quote == value.last, quote == "\"" || quote == "'" else {
      return value
    }
    return String(value.dropFirst().dropLast())
  }

  private mutating func report(_ line: Int, _ message: String) {
    problems.append(ConfigurationProblem(file: path, line: line, column: 1, path: "", message: message))
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
  fileprivate var isLetter: Bool { (0x41...0x5A).contains(self & ~0x20) }
}

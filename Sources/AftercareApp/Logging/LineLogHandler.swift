import FoundationEssentials
public import Logging
public import RecoveryCore

/// Writes each log entry as one line, for people (`text`) or machines (`json`).
public struct LineLogHandler: LogHandler {
  public enum Format: String, Sendable, CaseIterable {
    case text
    case json
  }

  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  private let format: Format
  private let output: LineOutput

  public init(format: Format, level: Logger.Level, output: LineOutput) {
    self.format = format
    self.logLevel = level
    self.output = output
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    write(event.level, "\(event.message)", at: SystemNow.timestamp, metadata.merging(event.metadata ?? [:]) { $1 })
  }

  /// One line, with the time at which the thing happened rather than the time of telling.
  func write(_ level: Logger.Level, _ message: String, at time: Timestamp, _ fields: Logger.Metadata) {
    output.write(LineLogHandler.line(format, level, message, time, fields), priority: level.journalPriority)
  }

  static func line(
    _ format: Format, _ level: Logger.Level, _ message: String, _ time: Timestamp, _ fields: Logger.Metadata
  ) -> String {
    switch format {
    case .text: text(level, message, time, fields)
    case .json: json(level, message, time, fields)
    }
  }

  private static func text(
    _ level: Logger.Level, _ message: String, _ time: Timestamp, _ fields: Logger.Metadata
  ) -> String {
    let pairs = fields.sorted { rank($0.key) < rank($1.key) }.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
    let word = "\(level)".uppercased()
    return "\(time.iso8601) \(word)\(String(repeating: " ", count: max(0, 8 - word.count))) \(message)\(pairs)"
  }

  /// What a person looks for comes first, the long ids last.
  private static func rank(_ key: String) -> (Int, String) {
    let first = ["event", "item", "step", "leg", "finding", "evidence", "reason", "cause"]
    let last = ["remedy", "machine", "from", "vault", "heal", "correlationId", "sequence"]
    if let place = first.firstIndex(of: key) { return (place, key) }
    return (last.firstIndex(of: key).map { 200 + $0 } ?? 100, key)
  }

  /// As it is when it is one plain word; otherwise quoted, with control characters escaped: nothing that Azure says
  /// can begin a line of its own.
  private static func quoted(_ value: String) -> String {
    let plain = value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
    return plain && !value.isEmpty ? value : encoded(value)
  }

  private static func json(
    _ level: Logger.Level, _ message: String, _ time: Timestamp, _ fields: Logger.Metadata
  ) -> String {
    let head = "\"time\":\"\(time.iso8601)\",\"level\":\"\(level)\",\"message\":\(encoded(message))"
    let pairs = fields.sorted { $0.key < $1.key }.map { ",\(encoded($0.key)):\(encoded("\($0.value)"))" }.joined()
    return "{\(head)\(pairs)}"
  }

  /// A JSON string.
  private static func encoded(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension Logger.Level {
  /// What syslog and `journalctl -p` call it.
  var journalPriority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}

public enum SystemNow {
  static var host: String { ProcessInfo.processInfo.hostName }
  public static var timestamp: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

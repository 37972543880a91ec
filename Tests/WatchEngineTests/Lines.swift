import Logging
import Synchronization

/// What is logged: level, message and cause of each line.
final class Lines: LogHandler {
  private let said = Mutex<[String]>([])
  var value: [String] { said.withLock { $0 } }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .debug }
    set {}
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    said.withLock { $0.append("\(event.level) \(event.message): \(event.metadata?["cause"]?.description ?? "")") }
  }
}

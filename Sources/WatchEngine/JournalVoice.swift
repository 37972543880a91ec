import Logging
import RecoveryCore
import Synchronization

/// Says what keeps the journal from taking changes: once for as long as it lasts, for every look at every machine would
/// say the same.
final class JournalVoice: Sendable {
  private let logger: Logger
  private let standing = Mutex<Set<JournalError.Code>>([])

  init(_ logger: Logger) { self.logger = logger }

  func failed(_ words: Logger.Message, _ error: JournalError, _ about: Logger.Metadata = [:]) {
    let isNews = standing.withLock { $0.insert(error.code).inserted }
    logger.log(
      level: isNews ? .error : .debug, words, metadata: about.merging(["cause": "\(error.message)"]) { $1 })
  }

  /// The journal has taken something.
  func worked() {
    let wasStanding = standing.withLock { standing in
      defer { standing = [] }
      return !standing.isEmpty
    }
    if wasStanding { logger.notice("the journal takes changes again") }
  }
}

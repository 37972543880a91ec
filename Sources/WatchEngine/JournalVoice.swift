package import Logging
import RecoveryCore
import Synchronization

/// Says what keeps the journal from taking changes: once for as long as it lasts, for every look at every machine would
/// say the same.
package final class JournalVoice: Sendable {
  private let logger: Logger
  private let time: any TimeSource
  private let state = Mutex(State())

  private struct State {
    var said: Set<Said> = []
    var refusal: JournalRefusal?
    /// When something failed last.
    var latest: Timestamp?
  }

  private struct Said: Hashable {
    let words: String
    let code: JournalError.Code
  }

  /// On a full disk a small change still finds room here and there. What fails is tried again sooner than that.
  private static let calm: Duration = .seconds(10)

  package init(_ logger: Logger, time: any TimeSource) {
    self.logger = logger
    self.time = time
  }

  /// Since when the journal refuses changes, and what it said first; nil while it takes them.
  var refusal: JournalRefusal? { state.withLock { $0.refusal } }

  func failed(_ words: String, _ error: JournalError, _ about: Logger.Metadata = [:]) {
    let now = time.now
    let isNews = state.withLock { state in
      state.latest = now
      if state.refusal == nil { state.refusal = JournalRefusal(since: now, cause: error.message) }
      return state.said.insert(Said(words: words, code: error.code)).inserted
    }
    logger.log(
      level: isNews ? .error : .debug, "\(words)", metadata: about.merging(["cause": "\(error.message)"]) { $1 })
  }

  /// The journal has taken something.
  func worked() {
    let now = time.now
    let ended = state.withLock { state -> JournalRefusal? in
      guard let latest = state.latest, now - latest >= JournalVoice.calm else { return nil }
      let refusal = state.refusal
      state = State()
      return refusal
    }
    if let ended {
      logger.notice("the journal takes changes again", metadata: ["since": "\(ended.since.iso8601)"])
    }
  }
}

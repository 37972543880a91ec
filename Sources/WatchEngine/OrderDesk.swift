public import RecoveryCore

/// Hands a person's order to the daemon through the journal, and waits a little for what comes of it.
public struct OrderDesk: Sendable {
  public enum Outcome: Sendable, Hashable {
    case done(String)
    case refused(String)
    /// Nobody has answered: it is kept, and taken up by the next start.
    case kept
  }

  private let journal: any Journal
  private let time: any TimeSource

  public init(journal: any Journal, time: any TimeSource = SystemTime()) {
    self.journal = journal
    self.time = time
  }

  public func give(_ order: Order, within patience: Duration = .seconds(10)) async throws -> Outcome {
    let start = time.now
    let number = try await journal.give(order, at: start)
    while time.now - start < patience {
      if let answer = try await journal.answer(to: number) {
        return answer.isRefusal ? .refused(answer.text) : .done(answer.text)
      }
      try await time.sleep(until: time.now + .milliseconds(200))
    }
    return .kept
  }
}

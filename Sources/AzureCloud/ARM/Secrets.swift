import RecoveryCore
import Synchronization

/// What must never be written down: the values that we sign in with and send as protected settings. Every text of
/// Azure's that leaves the adapter goes through here, because errors like to repeat what they were given.
public final class Secrets: Sendable {
  private struct State {
    var words: Set<String> = [] { didSet { sort() } }
    /// Tokens come and go: the last ones.
    var tokens: [String] = [] { didSet { sort() } }
    /// All of them, in the order in which a text is searched: of the words the longest first, for one may be a part of
    /// another.
    private(set) var all: [String] = []

    private mutating func sort() { all = tokens + words.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) } }
  }

  private let state = Mutex(State())

  /// Shorter ones cannot be told from ordinary words.
  private static let shortest = 6
  private static let mostTokens = 4

  public init() {}

  public func keep(_ word: String) {
    guard word.utf8.count >= Secrets.shortest else { return }
    state.withLock { _ = $0.words.insert(word) }
  }

  func keep(token: String) {
    guard token.utf8.count >= Secrets.shortest else { return }
    state.withLock { state in
      guard !state.tokens.contains(token) else { return }
      state.tokens = [token] + state.tokens.prefix(Secrets.mostTokens - 1)
    }
  }

  /// Every text in the document.
  func keep(all document: JSONValue) {
    switch document {
    case .string(let text): keep(text)
    case .array(let elements): elements.forEach { keep(all: $0) }
    case .object(let members): members.values.forEach { keep(all: $0) }
    case .null, .bool, .integer, .number: break
    }
  }

  /// The text without them, and without whatever has the form of a credential.
  func hide(in text: String) -> String {
    var text = Redaction.withoutCredentials(text)
    for word in state.withLock({ $0.all }) where Redaction.contains(text, word) {
      text = text.replacing(word, with: Redaction.mark)
    }
    return text
  }
}

extension Machine {
  /// What handlers and the agent say is theirs to choose, and ends in our log as evidence.
  mutating func hide(_ secrets: Secrets) {
    func hide(_ message: inout String?) { message = message.map(secrets.hide) }
    if var told = agent {
      hide(&told.message)
      agent = told
    }
    for index in handlers.indices { hide(&handlers[index].message) }
    for index in extensionStatuses.indices { hide(&extensionStatuses[index].message) }
  }
}

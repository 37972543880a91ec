import HTTPTypes
import RecoveryCore
import Synchronization

/// The one budget that all requests of a process are taken from. A lock and no actor: every request comes through here
/// twice, and would change threads each time.
package final class BudgetKeeper: Sendable {
  private let budget: Mutex<RequestBudget>
  /// Time that only goes forward.
  private let uptime: @Sendable () -> Duration

  init(limits: RequestBudget.Limits, uptime: @escaping @Sendable () -> Duration) {
    budget = Mutex(RequestBudget(limits: limits))
    self.uptime = uptime
  }

  func take(
    _ method: HTTPRequest.Method, of subscription: String, with urgency: Urgency, patience: Duration
  ) -> RequestBudget.Turn {
    let now = uptime()
    return budget.withLock { $0.take(.init(method), of: subscription, with: urgency, patience: patience, at: now) }
  }

  func isShut(_ method: HTTPRequest.Method, of subscription: String) -> Bool {
    let now = uptime()
    return budget.withLock { $0.isShut(.init(method), of: subscription, at: now) }
  }

  /// - Parameter shutFor: how long the answer asked to be left alone.
  func learn(_ method: HTTPRequest.Method, of subscription: String, remaining: Int?, shutFor span: Duration?) {
    let now = uptime()
    budget.withLock { budget in
      if let remaining { budget.learn(remaining, .init(method), of: subscription, at: now) }
      if let span { budget.shut(.init(method), of: subscription, for: span, at: now) }
    }
  }

  func report() -> [BudgetReport] {
    let now = uptime()
    return budget.withLock { $0.report(at: now) }
  }

  /// Each URL names its own; what names none is the tenant's.
  package static func subscription(in url: String) -> String {
    let bytes = url.utf8Span.span
    // Where a segment begins, and whether it is the one behind `subscriptions`.
    var (start, isIt) = (0, false)
    for at in 0...bytes.count {
      let byte = at < bytes.count ? bytes[at] : UInt8(ascii: "?")
      guard byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") else { continue }
      if isIt {
        guard at > start, let id = try? UTF8Span(validating: bytes.extracting(start..<at)) else { return "tenant" }
        return String(copying: id).lowercased()
      }
      if byte == UInt8(ascii: "?") { break }
      isIt = isSubscriptions(bytes.extracting(start..<at))
      start = at + 1
    }
    return "tenant"
  }

  private static func isSubscriptions(_ segment: Span<UInt8>) -> Bool {
    let word: StaticString = "subscriptions"
    guard segment.count == word.utf8CodeUnitCount else { return false }
    for at in segment.indices where unsafe segment[at] | 0x20 != word.utf8Start[at] { return false }
    return true
  }
}

extension RequestBudget.Class {
  init(_ method: HTTPRequest.Method) {
    switch method {
    case .put, .patch: self = .writes
    case .delete: self = .deletes
    default: self = .reads
    }
  }

  /// The field that says what is left of this class, where a service says it.
  var remaining: HTTPField.Name? {
    switch self {
    case .reads: RequestBudget.Class.remainingReads
    case .writes: RequestBudget.Class.remainingWrites
    case .deletes: RequestBudget.Class.remainingDeletes
    }
  }

  private static let remainingReads = HTTPField.Name("x-ms-ratelimit-remaining-subscription-reads")
  private static let remainingWrites = HTTPField.Name("x-ms-ratelimit-remaining-subscription-writes")
  private static let remainingDeletes = HTTPField.Name("x-ms-ratelimit-remaining-subscription-deletes")
}

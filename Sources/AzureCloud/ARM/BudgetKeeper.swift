import HTTPTypes
import RecoveryCore

/// The one budget that all requests of a process are taken from.
package actor BudgetKeeper {
  private var budget: RequestBudget
  /// Time that only goes forward.
  private let uptime: @Sendable () -> Duration

  init(limits: RequestBudget.Limits, uptime: @escaping @Sendable () -> Duration) {
    budget = RequestBudget(limits: limits)
    self.uptime = uptime
  }

  func take(_ method: HTTPRequest.Method, _ url: String, isPatient: Bool) -> Duration? {
    budget.take(.init(method), of: BudgetKeeper.subscription(in: url), isPatient: isPatient, at: uptime())
  }

  /// - Parameter shutFor: how long the answer asked to be left alone.
  func learn(_ method: HTTPRequest.Method, _ url: String, remaining: Int?, shutFor span: Duration?) {
    let subscription = BudgetKeeper.subscription(in: url)
    if let remaining { budget.learn(remaining, .init(method), of: subscription, at: uptime()) }
    if let span { budget.shut(.init(method), of: subscription, for: span, at: uptime()) }
  }

  func report() -> [BudgetReport] { budget.report(at: uptime()) }

  /// Each URL names its own; what names none is the tenant's.
  package static func subscription(in url: String) -> String {
    let segments = url.utf8.prefix { $0 != UInt8(ascii: "?") }.split(separator: UInt8(ascii: "/"))
    let at = segments.firstIndex { segment in
      segment.count == 13 && segment.elementsEqual("subscriptions".utf8) { $0 | 0x20 == $1 }
    }
    guard let at, at + 1 < segments.endIndex else { return "tenant" }
    return Substring(segments[at + 1]).lowercased()
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

  /// What is left of this class, where a service says it.
  var remainingHeader: String { "x-ms-ratelimit-remaining-subscription-\(rawValue)" }
}
